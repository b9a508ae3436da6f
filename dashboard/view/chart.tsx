import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { clockText } from "../model/format.js";
import { chartOptions } from "./chart-options.js";
import { useDarkScheme } from "./dark-scheme.js";

const HEIGHT = 172;

export interface ChartProps {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly label: string;
  /** Below the chart, while the pointer is elsewhere. */
  readonly caption: string;
  readonly format: (value: number) => string;
  /** The values are counts: the axis starts at 0 and has whole numbers. */
  readonly counts?: boolean;
}

export function Chart({ times, values, label, caption, format, counts = false }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hovered, setHovered] = useState<number>();
  const dark = useDarkScheme();

  // The plot is made anew for another label or colour scheme, and only fed otherwise.
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const options = chartOptions({ element, height: HEIGHT, counts, onHover: setHovered });
    const made = new uPlot(options, [[], []], element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [label, dark, counts]);

  const first = times[0];
  const last = times[times.length - 1];
  useEffect(() => {
    plot.current?.setData([times as number[], values as number[]]);
  }, [first, last, times.length, values[values.length - 1], label, dark, counts]);

  return (
    <figure class="chart">
      <div class="plot" ref={host} role="img" aria-label={description(label, times, values, format)} />
      <figcaption class="muted" aria-hidden="true">
        {hoverText(hovered, times, values, format) ?? caption}
      </figcaption>
    </figure>
  );
}

type Columns = [ChartProps["times"], ChartProps["values"], ChartProps["format"]];

/** The point under the pointer. */
function hoverText(index: number | undefined, ...[times, values, format]: Columns): string | undefined {
  const at = index === undefined ? undefined : times[index];
  const value = index === undefined ? undefined : values[index];
  return at === undefined || value === undefined ? undefined : `${format(value)} at ${clockText(at * 1000)}`;
}

function description(label: string, ...[times, values, format]: Columns): string {
  const last = values[values.length - 1];
  if (last === undefined) return `Chart of ${label}: nothing yet`;
  return `Chart of ${label}: ${times.length} points, now ${format(last)}`;
}
