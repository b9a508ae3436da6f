import type { Answer, ClientData, RequestSettings } from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { quote } from "../gateway/command.js";
import { Fault } from "../gateway/fault.js";
import type { LimitedLog } from "../log/limited.js";
import type { Bus, BusMessage } from "./bus.js";
import type { Counters } from "./counters.js";
import { CheckTooSlow, type PayloadCheck } from "./payload-check.js";
import { Requests } from "./requests.js";
import type { Routes } from "./routes.js";

/** What clients of channels send to devices. */
export class Publisher {
  readonly #bus: Bus;
  readonly #routes: Routes;
  readonly #counters: Counters;
  readonly #log: LimitedLog;
  readonly #requests: Requests;

  constructor(bus: Bus, routes: Routes, counters: Counters, log: LimitedLog) {
    this.#bus = bus;
    this.#routes = routes;
    this.#counters = counters;
    this.#log = log;
    this.#requests = new Requests({
      subscribe: (filter, listener) => bus.subscribe(filter, listener),
      publish: (message) => this.#send(message),
      payloadOf: (channel, { check }, data) => this.#payloadOf(channel, check, data),
      unanswered: (channel, topic) => log.info("a device did not answer a request", { channel, topic }),
      counters,
    });
  }

  get requests(): number {
    return this.#requests.size;
  }

  /** Resolves once the broker has taken the message; rejects with a {@link Fault}. */
  async publish(channel: string, data: ClientData): Promise<void> {
    const route = this.#routes.find(channel);
    if (route instanceof Fault) throw route;
    if (route.target instanceof Fault) throw route.target;
    const { topic, qos, retain, check } = route.target;
    if (data.mayPublish?.(topic, qos, retain) === false)
      throw new Fault(errors.permissionDenied, `no right to publish to ${quote(channel)}`);
    if (data.key !== undefined && data.key !== topic)
      throw new Fault(
        errors.notAvailable,
        `what is published to ${quote(channel)} has the one topic of its rule, which is not the key ${quote(data.key)}`,
      );
    const payload = this.#payloadOf(channel, check, data);
    try {
      await this.#send({ topic, qos, retain, payload, origin: data.origin, envelope: data.envelope });
      this.#counters.published++;
    } catch (error) {
      this.#counters.publishFailures++;
      throw error;
    }
  }

  /** Resolves with the device's answer; rejects with a {@link Fault}. */
  request(channel: string, data: ClientData, settings: RequestSettings): Promise<Answer> {
    return this.#requests.send(channel, this.#routes.find(channel), data, settings);
  }

  close(): void {
    this.#requests.close();
  }

  #payloadOf(channel: string, check: PayloadCheck, data: ClientData): Buffer {
    try {
      return check.payloadOf(data);
    } catch (error) {
      this.#counters.dataRefused++;
      if (error instanceof CheckTooSlow)
        this.#log.warn(
          "a schema took too long to check and is not tried for ten seconds: simplify its patterns",
          { channel },
        );
      throw error;
    }
  }

  /** To the broker, whose refusal becomes a fault. */
  async #send(message: BusMessage): Promise<void> {
    try {
      await this.#bus.publish(message);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn("publication refused by the broker", { topic: message.topic, reason });
      throw new Fault(errors.internal, reason);
    }
  }
}
