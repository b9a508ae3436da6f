import type { FigureName, Figures } from "../measure/figures.js";
import type { Goal } from "../scenarios/scenario.js";
import type { Ratio } from "./comparison.js";
import { figureStyles } from "./figures.js";
import { showRatio } from "./ratio.js";

export interface GoalResult {
  readonly figure: FigureName;
  /** Such as `<= 0.300`, or `>= x1.5 mosquitto`. */
  readonly wanted: string;
  /** Causeway's figure, or its ratio to the peer's; undefined when it was not measured. */
  readonly value: number | undefined;
  /** That value as it is shown. */
  readonly shown: string;
  readonly met: boolean | undefined;
}

/** How far Causeway is from where it is to be. */
export function judgeGoals(
  goals: readonly Goal[],
  own: Figures | undefined,
  ratiosTo: (peer: string) => readonly Ratio[] | undefined,
): GoalResult[] {
  return goals.map((goal) => {
    const { figure, against } = goal;
    const ratios = against === undefined ? undefined : ratiosTo(against);
    const value =
      against === undefined ? own?.[figure] : ratios?.find((ratio) => ratio.figure === figure)?.ratio;
    const wanted = wantedOf(goal);
    if (value === undefined) return { figure, wanted, value, shown: "not measured", met: undefined };
    return { figure, wanted, value, shown: show(goal, value), met: isMet(goal, value) };
  });
}

function show({ figure, against }: Goal, value: number): string {
  return against === undefined ? figureStyles[figure].show(value) : `${showRatio(value, 3)} ${against}`;
}

function isMet({ atMost, atLeast }: Goal, value: number): boolean {
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

function wantedOf(goal: Goal): string {
  const { atMost, atLeast } = goal;
  const bounds = [
    ...(atMost === undefined ? [] : [`<= ${show(goal, atMost)}`]),
    ...(atLeast === undefined ? [] : [`>= ${show(goal, atLeast)}`]),
  ];
  return bounds.join(", ");
}
