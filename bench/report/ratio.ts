/** A ratio as it is shown: to two digits; where it is held against a goal, to three. */
export function showRatio(ratio: number, digits = 2): string {
  return `x${ratio >= 10 ** (digits - 1) ? ratio.toFixed(0) : ratio.toPrecision(digits)}`;
}
