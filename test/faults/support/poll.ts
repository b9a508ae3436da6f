import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 15_000;
/** Looking at another process tells nobody when something changes, so it is looked at again. */
const INTERVAL_MS = 20;

/** Looks until the condition holds; fails with the text when it does not in time. */
export async function poll(holds: () => Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what()}`);
    await pause(INTERVAL_MS);
  }
}
