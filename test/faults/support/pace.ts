/** The most that is sent without a look at the sockets, so that what comes is read meanwhile. */
const BURST = 50;
/** The most that a receiver may be behind, so that a machine that is busy elsewhere overflows no queue. */
const BEHIND = 500;

/**
 * Calls `send` with 0 to count - 1, as many a second as told, and catches up when the machine was busy. `received` is how many
 * of them the receiver that must not lose any has got.
 */
export function pace(
  count: number,
  perSecond: number,
  send: (number: number) => void,
  received?: () => number,
): Promise<void> {
  return new Promise((resolve) => {
    const start = performance.now();
    let sent = 0;
    const step = () => {
      const due = Math.min(count, Math.ceil(((performance.now() - start) / 1_000) * perSecond));
      const most = Math.min(due, (received?.() ?? sent) + BEHIND);
      for (let burst = 0; sent < most && burst < BURST; burst++) send(sent++);
      if (sent === count) resolve();
      else if (sent < most) setImmediate(step);
      else setTimeout(step, 1);
    };
    step();
  });
}
