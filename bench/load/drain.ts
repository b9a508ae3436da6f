import { setTimeout as pass } from "node:timers/promises";

const LOOK_MS = 50;
/** What has not arrived when nothing has for this long is lost, unless more patience is wanted. */
const QUIET_MS = 2_000;
const LONGEST_MS = 10_000;

interface State {
  readonly received: number;
  readonly lost: number;
}

/** Waits for what is still under way: until nothing is missing, or nothing comes any more. */
export async function drain(state: () => State, longestMs = LONGEST_MS, quietMs = QUIET_MS): Promise<void> {
  const deadline = performance.now() + longestMs;
  let before = -1;
  let quietSince = performance.now();
  while (performance.now() < deadline) {
    const { received, lost } = state();
    if (lost <= 0) return;
    if (received > before) quietSince = performance.now();
    else if (performance.now() - quietSince > quietMs) return;
    before = received;
    await pass(LOOK_MS);
  }
}
