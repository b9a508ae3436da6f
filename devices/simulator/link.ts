import type { IClientOptions, MqttClient } from "mqtt";
import { Backoff } from "./backoff.js";
import { Bell } from "./bell.js";
import { type Endpoint, openClient } from "./transport.js";

const CONNECT_TIMEOUT = 10_000;
/** CONNACK codes that the next attempt would get again: version, client id, password, not authorized. */
const PERMANENT = new Set<unknown>([1, 2, 4, 5]);

export type LinkOptions = Pick<
  IClientOptions,
  "clientId" | "clean" | "keepalive" | "username" | "password" | "will"
>;

export interface LinkHandlers {
  /** A command; what it asks for must not hold up what arrives behind it. */
  command(payload: Buffer, retained: boolean): void;
  /** Connected and subscribed. */
  up(): void;
  down(): void;
  error(error: Error): void;
  /** The broker refuses this device for good. */
  refused(error: Error): void;
}

/** A device's connection: comes back by itself, with back-off, and subscribes to the commands each time. */
export class Link {
  readonly client: MqttClient;
  readonly #handlers: LinkHandlers;
  readonly #changed = new Bell();
  #up = false;
  /** Whether the present attempt came to a CONNACK or an error. */
  #answered = false;

  constructor(endpoint: Endpoint, commandTopic: string, options: LinkOptions, handlers: LinkHandlers) {
    const backoff = new Backoff();
    this.#handlers = handlers;
    this.client = openClient(endpoint, {
      ...options,
      protocolVersion: 4,
      connectTimeout: CONNECT_TIMEOUT,
      reconnectPeriod: backoff.next(),
      reconnectOnConnackError: true,
      resubscribe: false,
      queueQoSZero: false,
    });
    // The client reads the period anew for each attempt, after it has announced the one before.
    const plan = () => {
      this.client.options.reconnectPeriod = backoff.next();
    };
    this.client.on("offline", plan).on("reconnect", plan);
    this.client.on("connect", () => {
      this.#answered = true;
      backoff.connected();
      this.#subscribe(commandTopic);
    });
    this.client.on("close", () => this.#closed());
    this.client.on("message", (_topic, payload, packet) => handlers.command(payload, packet.retain));
    this.client.on("error", (error) => this.#fail(error));
  }

  /** Whether the device may publish. */
  get isUp(): boolean {
    return this.#up;
  }

  /** Resolves when the device may publish, or the signal aborted. */
  async up(signal: AbortSignal): Promise<void> {
    while (!this.#up && !signal.aborted) await this.#changed.heard(signal);
  }

  /** Says goodbye, so that the broker keeps the will to itself; without an answer in time it just closes. */
  async end(milliseconds: number): Promise<void> {
    const timer = setTimeout(() => this.client.stream.destroy(), milliseconds);
    await this.client.endAsync(!this.client.connected).finally(() => clearTimeout(timer));
  }

  #subscribe(topic: string): void {
    this.client.subscribe(topic, { qos: 1 }, (error) => {
      if (!this.client.connected) return;
      if (error) this.#handlers.error(error);
      this.#set(true);
    });
  }

  #closed(): void {
    if (!this.#answered && !this.client.disconnecting)
      this.#handlers.error(new Error("the connection was closed before CONNACK"));
    this.#answered = false;
    this.#set(false);
  }

  #set(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    if (up) this.#handlers.up();
    else this.#handlers.down();
    this.#changed.ring();
  }

  #fail(error: Error): void {
    this.#answered = true;
    this.#handlers.error(error);
    if ("code" in error && PERMANENT.has(error.code)) this.#handlers.refused(error);
  }
}
