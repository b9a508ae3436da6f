import type { FigureName, Figures } from "./figures.js";

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = inOrder(values);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The value that this share of them does not exceed; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  return inOrder(values)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN;
}

/** The median of each figure, over the rounds that have it; undefined when there was no round. */
export function medianOf(rounds: readonly Figures[]): Figures | undefined {
  if (rounds.length === 0) return undefined;
  const names = new Set(rounds.flatMap((round) => Object.keys(round) as FigureName[]));
  const medians = [...names].map((name) => {
    const values = rounds.flatMap((round) => round[name] ?? []);
    return [name, median(values)] as const;
  });
  return Object.fromEntries(medians);
}

function inOrder(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
