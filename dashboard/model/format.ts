const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 6, useGrouping: false });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A number of things: `12,345`, and `1.2M` where digits would only be noise. */
export function countText(count: number): string {
  return count < 1_000_000 ? grouped.format(count) : compact.format(count);
}

/** Messages per second without the unit: `0.3`, `12`, `1,240`. */
export function rateText(rate: number): string {
  if (rate === 0) return "0";
  if (rate < 0.1) return "<0.1";
  return rate < 9.95 ? rate.toFixed(1) : countText(rate);
}

/** A measured value, short enough for a label: whole numbers exactly, others to six digits. */
export function valueText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(3);
  if (Number.isInteger(value)) return String(value);
  return size >= 1e5 ? value.toFixed(1) : precise.format(value);
}

/** Digits after the point of a value, as a label shows it. */
export function decimalsOf(value: number): number {
  const text = valueText(value);
  return text.includes("e") ? 6 : (text.split(".")[1]?.length ?? 0);
}

/** How long ago: `now`, `12 s`, `3 min`, `2 h`, `4 d`. */
export function ageText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 1) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Time of day, `14:05:09`. */
export function clockText(at: number): string {
  return clock.format(at);
}
