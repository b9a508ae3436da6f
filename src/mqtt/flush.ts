/*
 * One flush per turn of the event loop: whatever was appended to outboxes while the turn's events were handled is
 * written in its check phase, before the loop waits again.
 */

export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/** Calls `flush` once at the end of this turn. The caller remembers that it has asked. */
export function flushSoon(target: Flushable): void {
  if (waiting.push(target) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const batch = waiting;
  waiting = [];
  for (const target of batch) target.flush();
}
