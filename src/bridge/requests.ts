import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Answer, ClientData, RequestSettings } from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { quote } from "../gateway/command.js";
import { Fault } from "../gateway/fault.js";
import type { Bus, BusMessage } from "./bus.js";
import type { Counters } from "./counters.js";
import { encodePayload } from "./payload.js";
import type { RequestRule } from "./request-rule.js";
import type { Route } from "./routes.js";

/** Over all channels: names of channels are for anybody to make up. */
const MAX_PENDING = 10_000;

type Outcome = "requestsAnswered" | "requestsTimedOut" | "requestsRefused" | "requestsCancelled";

interface Expected {
  readonly channel: string;
  /** Of the command. */
  readonly topic: string;
  readonly response: string;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

interface Expectation {
  readonly answer: Promise<Answer>;
  /** The command was not sent. */
  readonly refuse: (error: unknown) => void;
}

/** A request that can be sent. */
interface Prepared {
  readonly message: BusMessage;
  readonly expected: Expected;
}

export interface RequestsContext {
  readonly subscribe: Bus["subscribe"];
  /** Rejects with a {@link Fault}. */
  readonly publish: Bus["publish"];
  readonly payloadOf: (channel: string, rule: RequestRule, data: ClientData) => Buffer;
  /** A device did not answer. */
  readonly unanswered: (channel: string, topic: string) => void;
  readonly counters: Counters;
}

/** Commands to devices that wait for their answers. */
export class Requests {
  readonly #context: RequestsContext;
  /** By channel, what cancels each. */
  readonly #pending = new Map<string, Set<() => void>>();
  #size = 0;

  constructor(context: RequestsContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves with the device's first answer; rejects with a {@link Fault}. */
  async send(
    channel: string,
    route: Route | Fault,
    data: ClientData,
    settings: RequestSettings,
  ): Promise<Answer> {
    const { counters } = this.#context;
    counters.requests++;
    let prepared: Prepared;
    try {
      prepared = this.#prepare(channel, route, data, settings);
    } catch (error) {
      counters.requestsRefused++;
      throw error;
    }
    // The answer may come before the broker says that it has taken the command.
    const { answer, refuse } = this.#expect(prepared.expected);
    this.#context.publish(prepared.message).catch(refuse);
    return answer;
  }

  /** Cancels what waits. */
  close(): void {
    for (const cancels of this.#pending.values()) for (const cancel of cancels) cancel();
  }

  #prepare(channel: string, route: Route | Fault, data: ClientData, settings: RequestSettings): Prepared {
    if (route instanceof Fault) throw route;
    const rule = route.rule?.request;
    if (!rule) throw new Fault(errors.notAvailable, `channel ${quote(channel)}: its rule has no request`);
    const { options } = rule;
    const { timeout = options.timeout, signal } = settings;
    if (!(timeout > 0)) throw new Fault(errors.badRequest, "timeout must be a number above 0");
    if (signal?.aborted) throw cancelled();
    this.#checkRoom(channel, options.maxPending);
    const payload = this.#context.payloadOf(channel, rule, data);
    const topics = rule.topics(route.captures, randomBytes(16).toString("base64url"));
    if (!topics)
      throw new Fault(errors.permissionDenied, `channel ${quote(channel)} stands for no topic of a request`);
    if (data.mayPublish?.(topics.topic, options.qos, false) === false)
      throw new Fault(errors.permissionDenied, `no right to send requests to ${quote(channel)}`);
    return {
      message: { topic: topics.topic, payload, qos: options.qos, retain: false, origin: data.origin },
      expected: { channel, ...topics, timeout: Math.min(timeout, options.timeout), signal },
    };
  }

  #checkRoom(channel: string, maxPending: number): void {
    if ((this.#pending.get(channel)?.size ?? 0) >= maxPending)
      throw new Fault(
        errors.tooManyRequests,
        `${maxPending} requests to channel ${quote(channel)} wait for an answer already`,
      );
    if (this.#size >= MAX_PENDING)
      throw new Fault(errors.tooManyRequests, `${MAX_PENDING} requests wait for an answer already`);
  }

  /** Waits for an answer, without holding on to the payload that is sent. */
  #expect({ channel, topic, response, timeout, signal }: Expected): Expectation {
    let refuse: Expectation["refuse"] = () => {};
    const answer = new Promise<Answer>((resolve, reject) => {
      const settle = (outcome: Outcome, tell: () => void): void => {
        if (!this.#remove(channel, cancel)) return;
        clearTimeout(timer);
        unsubscribe();
        signal?.removeEventListener("abort", cancel);
        this.#context.counters[outcome]++;
        tell();
      };
      const cancel = () => settle("requestsCancelled", () => reject(cancelled()));
      refuse = (error) => settle("requestsRefused", () => reject(error));
      const unsubscribe = this.#context.subscribe(response, ({ topic, payload }) =>
        settle("requestsAnswered", () => resolve({ topic, ...encodePayload(payload) })),
      );
      const giveUp = () => {
        this.#context.unanswered(channel, topic);
        reject(unanswered(timeout));
      };
      const timer = setTimeout(() => settle("requestsTimedOut", giveUp), timeout);
      // One listener for each request of a session is no leak, which Node would suspect from eleven on.
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener("abort", cancel);
      this.#add(channel, cancel);
    });
    return { answer, refuse };
  }

  #add(channel: string, cancel: () => void): void {
    const cancels = this.#pending.get(channel) ?? new Set();
    this.#pending.set(channel, cancels.add(cancel));
    this.#size++;
  }

  /** Whether it was there. */
  #remove(channel: string, cancel: () => void): boolean {
    const cancels = this.#pending.get(channel);
    if (!cancels?.delete(cancel)) return false;
    if (cancels.size === 0) this.#pending.delete(channel);
    this.#size--;
    return true;
  }
}

function unanswered(timeout: number): Fault {
  return new Fault(errors.notAvailable, `the device did not answer within ${timeout / 1_000}s`);
}

function cancelled(): Fault {
  return new Fault(errors.notAvailable, "the request was cancelled");
}
