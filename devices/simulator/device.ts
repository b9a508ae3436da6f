import { Bell } from "./bell.js";
import { BrokerFault } from "./broker-fault.js";
import type { Firmware } from "./firmware.js";
import { Link, type LinkHandlers, type LinkOptions } from "./link.js";
import { Outbound } from "./outbound.js";
import type { Tally } from "./tally.js";
import type { Endpoint } from "./transport.js";

const REBOOT_TIME = 2_000;
const GOODBYE_TIME = 3_000;

export interface DeviceOptions {
  readonly endpoint: Endpoint;
  readonly login: LinkOptions;
  readonly maxInflight: number;
  /** Measurements to make; without it there is no end. */
  readonly count?: number | undefined;
  /** Milliseconds from the first connection to the first measurement. */
  readonly phase: number;
}

export interface DeviceObserver {
  connected(): void;
  disconnected(): void;
  error(error: Error): void;
}

/** One simulated device: its firmware, behind a connection, in real time. */
export class Device {
  readonly #firmware: Firmware;
  readonly #options: DeviceOptions;
  readonly #tally: Tally;
  readonly #observer: DeviceObserver;
  readonly #outbound: Outbound;
  readonly #retimed = new Bell();
  #left: number;

  constructor(firmware: Firmware, options: DeviceOptions, tally: Tally, observer: DeviceObserver) {
    this.#firmware = firmware;
    this.#options = options;
    this.#tally = tally;
    this.#observer = observer;
    this.#outbound = new Outbound(tally, options.maxInflight);
    this.#left = options.count ?? Number.POSITIVE_INFINITY;
  }

  /** Until the count is reached or the signal aborts; throws a {@link BrokerFault} when the broker refuses the device for good. */
  async run(signal: AbortSignal): Promise<void> {
    let phase = this.#options.phase;
    while (!signal.aborted && this.#left > 0) {
      await this.#powered(signal, phase);
      if (signal.aborted || this.#left === 0) return;
      await new Bell().heard(signal, REBOOT_TIME);
      this.#firmware.skip(REBOOT_TIME);
      phase = 0;
    }
  }

  /** From power-on to power-off or reboot. */
  async #powered(signal: AbortSignal, phase: number): Promise<void> {
    const session = new AbortController();
    const stop = () => session.abort();
    signal.addEventListener("abort", stop);
    const link = this.#connect(session);
    try {
      await this.#measure(link, session.signal, phase);
    } finally {
      signal.removeEventListener("abort", stop);
      await this.#disconnect(link);
    }
    if (session.signal.reason instanceof BrokerFault) throw session.signal.reason;
  }

  #connect(session: AbortController): Link {
    const will = this.#firmware.status(false);
    const login = { ...this.#options.login, will: { ...will, payload: Buffer.from(will.payload) } };
    let booted = false;
    const handlers: LinkHandlers = {
      command: (payload, retained) => this.#obey(link, payload, retained, session),
      up: () => {
        this.#greet(link, booted);
        booted = true;
      },
      down: () => {
        this.#outbound.disconnected();
        this.#observer.disconnected();
      },
      error: (error) => this.#observer.error(error),
      refused: (error) => session.abort(new BrokerFault(error)),
    };
    const link = new Link(this.#options.endpoint, this.#firmware.commandTopic, login, handlers);
    return link;
  }

  #greet(link: Link, booted: boolean): void {
    this.#observer.connected();
    this.#outbound.publish(link.client, this.#firmware.status(true));
    if (booted) this.#tally.reconnects++;
    else this.#outbound.publish(link.client, this.#firmware.boot());
  }

  async #measure(link: Link, signal: AbortSignal, phase: number): Promise<void> {
    await link.up(signal);
    let last = performance.now() + phase - this.#firmware.interval;
    while (await this.#due(last, signal)) {
      await this.#reconnected(link, signal);
      last = Math.max(last + this.#firmware.interval, performance.now() - this.#firmware.interval);
      for (const message of signal.aborted ? [] : this.#firmware.measure()) {
        await this.#outbound.window.room(signal);
        if (signal.aborted) return;
        this.#outbound.publish(link.client, message);
      }
      if (--this.#left === 0) return;
    }
  }

  /** Waits for the next measurement; a command may bring it nearer. False when there is none. */
  async #due(last: number, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false;
      const wait = last + this.#firmware.interval - performance.now();
      if (wait <= 0) return true;
      await this.#retimed.heard(signal, wait);
    }
  }

  /** Without a connection the device does not measure, but its world goes on. */
  async #reconnected(link: Link, signal: AbortSignal): Promise<void> {
    // Being late is not being away: a busy machine must not change what a seed gives.
    if (link.isUp) return;
    const since = performance.now();
    await link.up(signal);
    const missed = Math.floor((performance.now() - since) / this.#firmware.interval);
    this.#firmware.skip(missed * this.#firmware.interval);
    this.#tally.skipped += missed;
  }

  #obey(link: Link, payload: Buffer, retained: boolean, session: AbortController): void {
    this.#tally.commands++;
    const { messages, reboot } = this.#firmware.obey(payload, retained);
    for (const message of messages) {
      // To wait for room here would hold up the very acknowledgements that make room.
      if (this.#outbound.window.full) this.#tally.dropped++;
      else this.#outbound.publish(link.client, message);
    }
    this.#retimed.ring();
    if (reboot) session.abort();
  }

  async #disconnect(link: Link): Promise<void> {
    const deadline = AbortSignal.timeout(GOODBYE_TIME);
    if (link.client.connected) {
      await this.#outbound.window.empty(deadline);
      this.#outbound.publish(link.client, this.#firmware.status(false));
      await this.#outbound.window.empty(deadline);
    }
    await link.end(GOODBYE_TIME);
    this.#outbound.abandon();
  }
}
