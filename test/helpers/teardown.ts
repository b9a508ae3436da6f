import { after } from "node:test";

/** A test, or whatever else has an end. */
export interface Teardown {
  after(callback: () => unknown): void;
}

/** Tests take down first what was set up first; this takes down last what others were set up on. */
export function lastFirst(t: Teardown): Teardown {
  const callbacks: (() => unknown)[] = [];
  t.after(async () => {
    for (const callback of callbacks.reverse()) await callback();
  });
  return { after: (callback) => void callbacks.push(callback) };
}

/** A whole file; make it at the top level, for inside a hook `after` would belong to that hook. */
export function fileScope(): Teardown {
  return lastFirst({ after });
}
