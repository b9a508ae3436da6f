/** A ratio as it is shown: to two digits. */
export function showRatio(ratio: number): string {
  return `x${ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2)}`;
}
