import { setMaxListeners } from "node:events";
import { Bell } from "./bell.js";
import { BrokerFault } from "./broker-fault.js";
import { Device } from "./device.js";
import { Firmware, type Qos } from "./firmware.js";
import { isKind, type Kind, kinds } from "./kinds.js";
import { newTally, type Tally } from "./tally.js";
import type { Endpoint } from "./transport.js";

export { BrokerFault, isKind, type Kind, kinds, type Qos };

export interface FleetOptions extends Endpoint {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Seconds. */
  readonly keepalive: number;
  /** Ask the broker to keep each device's session while it is away. */
  readonly keepSession: boolean;
  readonly devices: number;
  readonly kinds: readonly Kind[];
  /** Goes before each device's id, which is its client id too. */
  readonly prefix: string;
  readonly seed: number;
  /** Simulated time at the start, milliseconds since 1970. */
  readonly start: number;
  /** Simulated seconds in a real second. */
  readonly speed: number;
  /** Milliseconds between measurements. */
  readonly interval: number;
  readonly qos?: Qos | undefined;
  /** Milliseconds over which the devices connect. */
  readonly ramp: number;
  /** All devices measure at the same instant, instead of spread over the interval. */
  readonly inStep: boolean;
  /** Messages on their way, per device. */
  readonly maxInflight: number;
  /** Measurements per device. */
  readonly count?: number | undefined;
  /** Milliseconds. */
  readonly duration?: number | undefined;
  /** Keep trying when the first device cannot connect, instead of giving up. */
  readonly wait: boolean;
}

export interface Report extends Tally {
  readonly devices: number;
  readonly connected: number;
  readonly lastError?: string;
}

/** Many devices in one process. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #tally = newTally();
  readonly #stop = new AbortController();
  readonly #progress = new Bell();
  #fault: BrokerFault | undefined;
  #refused = 0;
  #connected = 0;
  #everConnected = false;
  #lastError: string | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal); // each device waits on it; that is no leak
  }

  report(): Report {
    const lastError = this.#lastError === undefined ? {} : { lastError: this.#lastError };
    return { devices: this.#options.devices, connected: this.#connected, ...this.#tally, ...lastError };
  }

  /** Resolves when every device has finished; rejects with a {@link BrokerFault} when the broker cannot be reached or takes none of them. */
  async run(): Promise<void> {
    const { duration, devices } = this.#options;
    const timer = duration === undefined ? undefined : setTimeout(() => this.stop(), duration);
    await Promise.all(Array.from({ length: devices }, (_, index) => this.#runDevice(index)));
    clearTimeout(timer);
    if (this.#fault && (this.#refused === devices || !this.#everConnected)) throw this.#fault;
  }

  /** Every device says goodbye; `run` resolves after that. */
  stop(): void {
    this.#stop.abort();
  }

  async #runDevice(index: number): Promise<void> {
    const signal = this.#stop.signal;
    await new Bell().heard(signal, (index * this.#options.ramp) / this.#options.devices);
    // One device finds out for all whether anybody is there.
    while (index > 0 && !this.#everConnected && !signal.aborted) await this.#progress.heard(signal);
    if (signal.aborted) return;
    try {
      await this.#createDevice(index).run(signal);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    if (!(error instanceof BrokerFault)) {
      this.stop();
      throw error;
    }
    this.#refused++;
    this.#fault ??= error;
    if (!this.#everConnected) this.stop();
  }

  #createDevice(index: number): Device {
    const options = this.#options;
    const kind = options.kinds[index % options.kinds.length] ?? "thermostat";
    const number = Math.floor(index / options.kinds.length) + 1;
    const id = `${options.prefix}${kind}-${String(number).padStart(2, "0")}`;
    const { seed, start, interval, speed, qos, maxInflight, count, keepalive } = options;
    const firmware = new Firmware({ id, kind, seed, start, interval, speed, qos });
    const login = {
      clientId: id,
      clean: !options.keepSession,
      keepalive,
      ...(options.username !== undefined && { username: options.username }),
      ...(options.password !== undefined && { password: options.password }),
    };
    const phase = options.inStep ? 0 : (index * interval) / options.devices;
    const observer = {
      connected: () => this.#connectedOne(),
      disconnected: () => {
        this.#connected--;
      },
      error: (error: Error) => this.#failedOne(error),
    };
    return new Device(
      firmware,
      { endpoint: options, login, maxInflight, count, phase },
      this.#tally,
      observer,
    );
  }

  #connectedOne(): void {
    this.#connected++;
    this.#everConnected = true;
    this.#progress.ring();
  }

  #failedOne(error: Error): void {
    this.#tally.errors++;
    this.#lastError = error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
    if (this.#everConnected || this.#options.wait || this.#stop.signal.aborted) return;
    this.#fault ??= new BrokerFault(error);
    this.stop();
  }
}
