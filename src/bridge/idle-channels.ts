import type { Channel } from "./channel.js";

/** More idle channels than this would only be kept for somebody who makes up names. */
const MAX_IDLE = 1_000;

/** Channels that nobody listens to, kept for a while for those who come back after a reconnect. */
export class IdleChannels {
  readonly #linger: number;
  readonly #expired: (channel: Channel) => void;
  readonly #dropped: () => void;
  readonly #timers = new Map<Channel, NodeJS.Timeout>();
  #closed = false;

  /** `expired` is called when a channel's time is over, `dropped` before it when it is over too soon. */
  constructor(linger: number, expired: (channel: Channel) => void, dropped: () => void) {
    this.#linger = linger;
    this.#expired = expired;
    this.#dropped = dropped;
  }

  add(channel: Channel): void {
    if (this.#closed) return;
    if (this.#timers.size >= MAX_IDLE) this.#dropOldest();
    const timer = setTimeout(() => this.#expire(channel), this.#linger);
    timer.unref();
    this.#timers.set(channel, timer);
  }

  /** Somebody listens again. */
  remove(channel: Channel): void {
    clearTimeout(this.#timers.get(channel));
    this.#timers.delete(channel);
  }

  /** Keeps none of them, and no more to come. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #dropOldest(): void {
    for (const oldest of this.#timers.keys()) {
      this.#dropped();
      this.#expire(oldest);
      return;
    }
  }

  #expire(channel: Channel): void {
    this.remove(channel);
    this.#expired(channel);
  }
}
