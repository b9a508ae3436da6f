import uPlot from "uplot";
import { clockText, valueText } from "../model/format.js";

const FONT = "11px system-ui, sans-serif";
/** The least span of time shown, in seconds: a first point needs an axis too. */
const MIN_SPAN = 10;
const WHOLE_STEPS = [1, 10, 100, 1_000, 10_000, 100_000].flatMap((unit) => [unit, 2 * unit, 5 * unit]);

export interface ChartOptions {
  readonly element: HTMLElement;
  readonly height: number;
  readonly counts: boolean;
  readonly onHover: (index: number | undefined) => void;
}

/** How the charts look: one series over time, in the colours of the style sheet. */
export function chartOptions({ element, height, counts, onHover }: ChartOptions): uPlot.Options {
  const styles = getComputedStyle(element);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--muted"),
    font: FONT,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? undefined)] },
    scales: {
      x: { range: timeRange },
      y: { range: (_, min, max) => (counts ? countRange(max) : valueRange(min, max)) },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_, splits, __, ___, step) => splits.map((at) => timeLabel(at, step)),
      },
      {
        ...axis,
        ...(counts ? { incrs: WHOLE_STEPS } : {}),
        size: labelWidth,
        space: 32,
        values: valueLabels,
      },
    ],
    series: [
      {},
      {
        stroke: colour("--accent"),
        fill: colour("--accent-faint"),
        width: 1.75,
        points: { size: 5, fill: colour("--accent") },
      },
    ],
  };
}

function timeRange(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const end = max ?? Date.now() / 1000;
  return [Math.min(min ?? end, end - MIN_SPAN), end];
}

function countRange(max: number | null): uPlot.Range.MinMax {
  return [0, Math.max(4, (max ?? 0) * 1.1)];
}

function valueRange(min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null) return [0, 1];
  if (min === max) {
    const room = Math.abs(min) * 0.1 || 1;
    return [min - room, max + room];
  }
  return uPlot.rangeNum(min, max, 0.12, true);
}

function valueLabels(_: uPlot, splits: number[]): string[] {
  return splits.map(valueText);
}

function timeLabel(at: number, step: number): string {
  const text = clockText(at * 1000);
  return step < 60 ? text : text.slice(0, 5);
}

function labelWidth(_: uPlot, labels: string[] | null): number {
  const longest = Math.max(2, ...(labels ?? []).map((label) => label.length));
  return Math.round(longest * 6.6) + 14;
}
