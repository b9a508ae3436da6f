const DAY = 86_400_000;
const YEAR = 365.2425 * DAY;
/** The coldest day of a northern year is about the 20th of January. */
const COLDEST_DAY = 19 * DAY;

/** Moves `from` towards `to` as a first-order lag does; exact for any length of step. */
export function settle(from: number, to: number, seconds: number, timeConstant: number): number {
  return to + (from - to) * Math.exp(-seconds / timeConstant);
}

/** Hour of the day, 0 to 24, in UTC so that a run gives the same values everywhere. */
export const hourOf = (time: number): number => (((time % DAY) + DAY) % DAY) / 3_600_000;

/** Height of the sun as a share of noon: 0 at night, 1 at midday. */
export const sunlight = (time: number): number => Math.max(0, Math.sin(((hourOf(time) - 6) / 12) * Math.PI));

/** Degrees Celsius outdoors in a temperate place: the season, and a day that is warmest at three in the afternoon. */
export function outdoors(time: number): number {
  const season = -Math.cos(((time - COLDEST_DAY) / YEAR) * 2 * Math.PI);
  const day = Math.cos(((hourOf(time) - 15) / 24) * 2 * Math.PI);
  return 10 + 9 * season + 4.5 * day;
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

export function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor + 0; // + 0 turns -0 into 0
}
