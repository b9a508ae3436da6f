export interface BackoffBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * How long to wait after so many failures in a row, in milliseconds: twice as long each time, and somewhere in the upper half
 * of that, so that those who failed together do not come back together. The receiver may ask for more, up to the bound.
 */
export function backoff(failures: number, { min, max }: BackoffBounds, asked = 0): number {
  const longest = Math.min(max, min * 2 ** (failures - 1));
  const pause = longest * (0.5 + Math.random() / 2);
  return Math.max(pause, Math.min(asked, max));
}

/** The milliseconds that a Retry-After header asks for, in seconds or as a date. */
export function retryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  return Math.max(0, Date.parse(header) - Date.now()) || 0;
}
