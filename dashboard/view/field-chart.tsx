import { clockText, decimalsOf, valueText } from "../model/format.js";
import { Chart } from "./chart.js";

export interface FieldChartProps {
  readonly fields: readonly string[];
  readonly field: string;
  readonly onField: (field: string) => void;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** One field of a topic over time, with the figures that a glance is after. */
export function FieldChart({ fields, field, onField, times, values }: FieldChartProps) {
  return (
    <div class="field-chart">
      <div class="figures">
        <label class="field">
          <span class="muted">Field</span>
          <select id="field" value={field} onChange={(event) => onField(event.currentTarget.value)}>
            {fields.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Figures values={values} />
      </div>
      <Chart times={times} values={values} label={field} caption={captionOf(times)} format={valueText} />
    </div>
  );
}

function captionOf(times: readonly number[]): string {
  const points = times.length === 1 ? "1 point" : `${times.length} points`;
  return `${points} since ${clockText((times[0] ?? 0) * 1000)}`;
}

function Figures({ values }: { readonly values: readonly number[] }) {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  const last = values[values.length - 1] ?? 0;
  // A mean has no more digits than what it was made of.
  const decimals = Math.max(decimalsOf(last), decimalsOf(least), decimalsOf(most));
  const mean = Number((sum / values.length).toFixed(decimals));
  const figures = [
    ["Last", last],
    ["Min", least],
    ["Mean", mean],
    ["Max", most],
  ] as const;
  return (
    <dl class="figure-list">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{valueText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
