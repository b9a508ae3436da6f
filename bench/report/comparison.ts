import type { FigureName, Figures } from "../measure/figures.js";
import { figureStyles } from "./figures.js";

/** Closer than this nothing is won or lost. */
const EVEN = 0.05;

export interface Ratio {
  readonly figure: FigureName;
  /** Causeway's figure divided by the peer's. */
  readonly ratio: number;
  readonly verdict: "won" | "even" | "lost";
}

/** Causeway's figures beside a peer's, where both have them and one way is better than the other. */
export function compare(own: Figures, peer: Figures, figures: readonly FigureName[]): Ratio[] {
  return figures.flatMap((figure) => {
    const { better, floor = 0 } = figureStyles[figure];
    const [ours, theirs] = [own[figure], peer[figure]];
    if (!better || ours === undefined || theirs === undefined) return [];
    const ratio = Math.max(ours, floor) / Math.max(theirs, floor);
    if (!Number.isFinite(ratio)) return [];
    return [{ figure, ratio, verdict: verdictOf(better === "more" ? ratio : 1 / ratio) }];
  });
}

/** Of a ratio of which more is better. */
function verdictOf(ratio: number): Ratio["verdict"] {
  if (ratio > 1 + EVEN) return "won";
  return ratio < 1 / (1 + EVEN) ? "lost" : "even";
}
