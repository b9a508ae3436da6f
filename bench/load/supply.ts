/** Whoever can send, and is told what has arrived. */
export interface Supplier {
  readonly ready: boolean;
  readonly unacknowledged: number;
  onReady: () => void;
  send(messages: number): void;
}

/**
 * Sends a number of messages, of which so many may be unacknowledged; resolves when all are acknowledged. After the
 * deadline, on the clock of `performance.now`, it sends no more and resolves when those are acknowledged that it has sent.
 */
export function supply(
  supplier: Supplier,
  messages: number,
  window: number,
  deadline = Number.POSITIVE_INFINITY,
): Promise<void> {
  let left = messages;
  return new Promise((resolve) => {
    const fill = () => {
      if (performance.now() > deadline) left = 0;
      if (left === 0 && supplier.unacknowledged === 0) resolve();
      const room = Math.min(left, window - supplier.unacknowledged);
      if (room <= 0 || !supplier.ready) return;
      left -= room;
      supplier.send(room);
    };
    supplier.onReady = fill;
    fill();
  });
}
