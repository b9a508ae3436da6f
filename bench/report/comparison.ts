import { type FigureName, type Figures, figureNames, figureStyles } from "./figures.js";

/** Closer than this nothing is won or lost. */
const EVEN = 0.05;

export interface Ratio {
  readonly figure: FigureName;
  /** Causeway's figure divided by the peer's. */
  readonly ratio: number;
  readonly verdict: "won" | "even" | "lost";
}

/** Causeway's figures beside a peer's, where one way is better than the other. */
export function compare(own: Figures, peer: Figures): Ratio[] {
  return figureNames.flatMap((figure) => {
    const { better } = figureStyles[figure];
    if (!better) return [];
    const ratio = own[figure] / peer[figure];
    return [{ figure, ratio, verdict: verdictOf(better === "more" ? ratio : 1 / ratio) }];
  });
}

/** Of a ratio of which more is better. */
function verdictOf(ratio: number): Ratio["verdict"] {
  if (ratio > 1 + EVEN) return "won";
  return ratio < 1 / (1 + EVEN) ? "lost" : "even";
}
