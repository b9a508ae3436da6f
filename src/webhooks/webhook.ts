import type { LimitedLog } from "../log/limited.js";
import { backoff, retryAfter } from "./backoff.js";
import { Batch } from "./batch.js";
import type { EventStore } from "./event-store.js";
import type { WebhookOptions } from "./options.js";
import { Pause } from "./pause.js";
import { type Answer, Poster } from "./post.js";
import { EventQueue } from "./queue.js";
import { signatureOf } from "./signature.js";

export interface WebhookParts {
  readonly options: WebhookOptions;
  /** The name of its queue's stream. */
  readonly stream: string;
  readonly store: EventStore;
  readonly log: LimitedLog;
  readonly version: string;
}

export interface WebhookStats {
  /** Events that wait, and their bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Whether the last try failed. */
  readonly failing: boolean;
  /** Events since the start: taken in, taken by the receiver, given up at the bounds of the queue, refused, not written to the store. */
  readonly events: number;
  readonly sent: number;
  readonly dropped: number;
  readonly refused: number;
  readonly unstored: number;
  /** Tries since the start that the receiver did not take. */
  readonly failures: number;
}

/** What came of a try: the answer, or why there was none. */
type Result = Answer | Error;

const NEVER = Number.POSITIVE_INFINITY;

/** Sends events to one receiver, in order and in batches, each until the receiver has taken it. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #log: LimitedLog;
  readonly #version: string;
  readonly #queue: EventQueue;
  readonly #poster: Poster;
  readonly #pause = new Pause();
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #events = 0;
  #sent = 0;
  #dropped = 0;
  #refused = 0;
  #failures = 0;
  /** Tries that failed since one did not. */
  #failuresInARow = 0;

  constructor({ options, stream, store, log, version }: WebhookParts) {
    this.#options = options;
    this.#log = log;
    this.#version = version;
    this.#poster = new Poster(new URL(options.url));
    this.#queue = new EventQueue({
      stream,
      store,
      bounds: options.queue,
      onDrop: (events) => this.#drop(events),
    });
  }

  /** Goes on where an earlier run ended, whose last event had this offset. */
  async start(last: number): Promise<void> {
    await this.#queue.load(last);
    const { count } = this.#queue;
    if (count > 0)
      this.#log.info("a webhook goes on with events of before the start", this.#about({ events: count }));
    this.#running = this.#run();
  }

  /** What the receiver has not taken by now is sent after the next start. */
  async end(): Promise<void> {
    this.#pause.end();
    this.#abort.abort();
    await this.#running;
    this.#poster.close();
  }

  add(event: Buffer): void {
    this.#events++;
    this.#queue.add(event);
    if (this.#queue.count === 1 || this.#hasBatch) this.#pause.wake();
  }

  stats(): WebhookStats {
    return {
      waiting: this.#queue.count,
      waitingBytes: this.#queue.bytes,
      failing: this.#failuresInARow > 0,
      events: this.#events,
      sent: this.#sent,
      dropped: this.#dropped,
      refused: this.#refused,
      unstored: this.#queue.unstored,
      failures: this.#failures,
    };
  }

  get #hasBatch(): boolean {
    const { events, size } = this.#options.batch;
    return this.#queue.count >= events || this.#queue.bytes >= size;
  }

  get #ended(): boolean {
    return this.#abort.signal.aborted;
  }

  async #run(): Promise<void> {
    const { batch } = this.#options;
    while (!this.#ended) {
      await this.#pause.wait(NEVER, () => this.#queue.count > 0);
      await this.#pause.wait(batch.delay, () => this.#hasBatch);
      if (!this.#ended) await this.#send(new Batch(this.#queue.head(batch.events, batch.size)));
    }
  }

  /** Tries until the receiver has taken the batch, has refused it too often, or its first event had to give way. */
  async #send(batch: Batch): Promise<void> {
    let refusals = 0;
    while (!this.#ended && this.#queue.beginsWith(batch.first)) {
      const result = await this.#try(batch);
      if (this.#ended) return;
      if (isTaken(result)) return this.#taken(batch);
      if (isRefusal(result)) refusals++;
      if (refusals === this.#options.retry.refusals) this.#giveUp(batch, result);
      await this.#rest(batch, result);
    }
  }

  async #try(batch: Batch): Promise<Result> {
    const { name, secret, timeout } = this.#options;
    const sent = Date.now();
    const body = batch.body(name, sent);
    const headers = {
      "content-type": "application/json",
      "user-agent": `causeway/${this.#version}`,
      "causeway-webhook": name,
      "causeway-batch": batch.id,
      "causeway-signature": signatureOf(body, secret, sent),
    };
    const { signal } = this.#abort;
    return this.#poster.post({ headers, body, timeout, signal }).catch((error: Error) => error);
  }

  #taken({ last, events }: Batch): void {
    this.#queue.remove(last);
    this.#sent += events.length;
    if (this.#failuresInARow > 0)
      this.#log.info(
        "a webhook's receiver takes events again",
        this.#about({ failures: this.#failuresInARow }),
      );
    this.#failuresInARow = 0;
  }

  #giveUp({ id, last, events }: Batch, result: Result): void {
    this.#queue.remove(last);
    this.#refused += events.length;
    this.#log.error(
      "a webhook's receiver refused a batch too often: its events are given up",
      this.#about({ batch: id, events: events.length, ...described(result) }),
    );
  }

  /** Lets some time pass after a failure. */
  async #rest({ id }: Batch, result: Result): Promise<void> {
    this.#failures++;
    const asked = result instanceof Error ? 0 : retryAfter(result.retryAfter);
    const pause = backoff(++this.#failuresInARow, this.#options.retry, asked);
    const details = {
      batch: id,
      ...described(result),
      waiting: this.#queue.count,
      pauseMs: Math.round(pause),
    };
    this.#log.warn("a webhook's receiver did not take a batch", this.#about(details));
    await this.#pause.wait(pause, () => false);
  }

  #drop(events: number): void {
    this.#dropped += events;
    this.#log.warn("a webhook's queue is full: the oldest events are dropped", this.#about({ events }));
  }

  /** The address may hold what is nobody's business, so lines name the webhook only. */
  #about(details: object): object {
    return { webhook: this.#options.name, ...details };
  }
}

function isTaken(result: Result): boolean {
  return !(result instanceof Error) && result.status >= 200 && result.status < 300;
}

/** It will not be taken as it is: all but 408, 429 and what a server says of its own trouble. */
function isRefusal(result: Result): boolean {
  return !(result instanceof Error) && result.status < 500 && result.status !== 408 && result.status !== 429;
}

function described(result: Result): object {
  if (result instanceof Error) return { reason: result.message };
  return { status: result.status, answer: result.text };
}
