import { ChannelSubscription, type SubscriptionOptions } from "./channel-subscription.js";
import type { MapPage, MapReading, MapSubscriber, Position } from "./channels.js";
import { errors } from "./codes.js";
import { Fault } from "./fault.js";
import type { MapUpdate, Previous } from "./map-update.js";
import type { FirstOf } from "./shaping/latest.js";
import { Pacer } from "./shaping/pacer.js";
import type { Answer, SubscriptionHost } from "./subscription-host.js";

/** What the client asks for in one step on its way to live. */
export interface MapRequest {
  readonly phase: number;
  /** Topics in one answer. */
  readonly limit: number;
  /** Of the page that comes next; empty for the first. */
  readonly cursor: string;
  /** What it has, in the phase of changes. */
  readonly since: Position;
  /** It goes on from `since` without having asked for the state. */
  readonly recover: boolean;
}

export interface MapOptions extends SubscriptionOptions {
  /** A name of the part of the channel that its client may see; undefined for the whole. */
  readonly part: string | undefined;
}

/** Phases of the protocol. */
export const MapPhase = { live: 0, stream: 1, state: 2 } as const;

/** Bytes of one answer: some client libraries refuse messages over 1 MiB. */
const PAGE_BYTES = 256 * 1024;
/** A client that has not caught up after so many answers is given all that is left in one. */
const MOST_STREAM_PAGES = 16;

/** With what a topic began to wait for its turn. */
interface First extends FirstOf {
  /** The number of the change: the client must not be told a position at or after it. */
  readonly offset: number;
  /** What the client has, when that is known. */
  readonly previous: Previous | undefined;
}

/** A subscription to the values of a channel by topic: the state page by page, what changed meanwhile, then every change. */
export class MapSubscription extends ChannelSubscription implements MapSubscriber {
  #request: MapRequest | undefined;
  #reading: MapReading | undefined;
  #statePages = 0;
  #streamPages = 0;
  /** What changed after this has been told in this subscription. */
  #toldSince = 0;
  /** The number of the last change there was. */
  #offset = 0;
  readonly #pacer: Pacer<MapUpdate, First> | undefined;
  /** Every change is told as it comes. */
  readonly #isPlain: boolean;
  /** What follows the epoch that its client is told: who has one part of a channel can not go on from there with another. */
  readonly #suffix: string;

  constructor(host: SubscriptionHost, options: MapOptions, answer: Answer) {
    super(host, options, answer);
    this.#suffix = options.part === undefined ? "" : `.${options.part}`;
    if (Pacer.isNeeded(options.shape))
      this.#pacer = new Pacer(host.pacing, options.shape, {
        tell: (update, first) => this.#tell(update, first),
        full: () => this.#restart(),
      });
    this.#isPlain = !options.shape.filter && !this.#pacer && !options.shape.delta;
  }

  /** The first step. */
  request(request: MapRequest): void {
    this.#request = request;
  }

  /** Whether the request goes on where the last answer ended. */
  isNext({ phase, cursor }: MapRequest): boolean {
    if (!this.#reading || this.settled) return false;
    return phase === MapPhase.state ? cursor !== "" : true;
  }

  /** A further step. */
  next(request: MapRequest, answer: Answer): void {
    if (this.expect(answer) && this.#reading) this.#step(request, this.#reading);
  }

  opened(reading: MapReading): void {
    this.#reading = reading;
    if (this.#request) this.#step(this.#request, reading);
  }

  update(update: MapUpdate, previous?: Previous): void {
    // Called for every delivery there is.
    if (this.#isPlain) this.host.outbox.append(update.push);
    else this.#shape(update, previous);
  }

  protected override open(): void {
    const leave = this.host.channels.subscribeMap(this.channel, this);
    if (this.closed) leave();
    else this.leaveChannel = leave;
  }

  protected override release(): void {
    this.#pacer?.close();
  }

  #shape(change: MapUpdate, before: Previous | undefined): void {
    this.#offset = change.offset;
    const { filter, delta } = this.options.shape;
    const update = filter ? filter.narrow(change) : change;
    if (!update) return;
    const previous = delta && before && before.offset > this.#toldSince ? before : undefined;
    const first = { offset: change.offset, previous, bytes: previous?.content.bytes ?? 0 };
    if (this.#pacer) this.#pacer.offer(update, first);
    else this.#tell(update, first);
  }

  #tell(update: MapUpdate, { previous }: First): void {
    const { deltaForms } = update;
    let told = update;
    if (this.options.shape.delta && deltaForms) {
      told = previous ? deltaForms.after(previous.content) : deltaForms.full;
      if (told !== deltaForms.full) this.host.pacing.counters.deltas++;
    }
    this.host.outbox.append(told.pushAt(this.#position));
  }

  /** Where the client stands when it has what it is being told: before everything that waits. */
  get #position(): number {
    const waiting = this.#pacer?.oldest;
    return waiting ? waiting.first.offset - 1 : this.#offset;
  }

  /** More has changed than is held back: the client asks for all of it at once. */
  #restart(): void {
    this.host.pacing.counters.heldRestarts++;
    this.options.ended("insufficientState");
  }

  #step(request: MapRequest, reading: MapReading): void {
    const answered =
      request.phase === MapPhase.state ? this.#state(request, reading) : this.#changes(request, reading);
    if (!answered)
      this.refused(new Fault(errors.unrecoverablePosition, "begin anew from the state of the channel"));
  }

  /** False when the client has to begin anew; so for the other steps. */
  #state({ limit, cursor }: MapRequest, reading: MapReading): boolean {
    if (cursor !== (this.#statePages === 0 ? "" : String(this.#statePages))) return false;
    const { position } = reading;
    const { filter } = this.options.shape;
    const page = reading.state(limit, PAGE_BYTES, filter);
    if (!page) return false;
    this.#statePages++;
    const state = `"state":${this.#listOf(page)}`;
    if (!page.complete) {
      const next = `"cursor":"${this.#statePages}"`;
      this.accept(`"type":1,"phase":${MapPhase.state},${this.#place(position)},${state},${next}`);
      return true;
    }
    const changes = reading.changes(position, limit, PAGE_BYTES, filter);
    if (!changes) return false;
    if (changes.complete) this.#live(reading, changes, `,${state}`);
    else this.accept(`"type":1,"phase":${MapPhase.state},${this.#place(position)},${state}`);
    return true;
  }

  #changes({ since, limit, recover }: MapRequest, reading: MapReading): boolean {
    const all = ++this.#streamPages > MOST_STREAM_PAGES;
    const [most, bytes] = all ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] : [limit, PAGE_BYTES];
    const after = this.#positionOf(since);
    const changes = after && reading.changes(after, most, bytes, this.options.shape.filter);
    if (!changes) return false;
    if (this.#statePages === 0 && this.#streamPages === 1) this.#toldSince = since.offset;
    const recovered = recover ? `,"was_recovering":true,"recovered":true` : "";
    if (changes.complete) {
      this.#live(reading, changes, recovered);
      return true;
    }
    const position = { epoch: reading.position.epoch, offset: changes.offset };
    this.accept(
      `"type":1,"phase":${MapPhase.stream},${this.#place(position)},"publications":${this.#listOf(changes)}${recovered}`,
    );
    return true;
  }

  #live(reading: MapReading, changes: MapPage, more: string): void {
    const position = this.#place({ epoch: reading.position.epoch, offset: changes.offset });
    this.#offset = changes.offset;
    reading.follow();
    this.#reading = undefined;
    const delta = this.options.shape.delta ? ',"delta":true' : "";
    this.settle(
      `"type":1,"recoverable":true,"positioned":true,${position},"publications":${this.#listOf(changes)}${more}${delta}`,
    );
  }

  #place({ epoch, offset }: Position): string {
    return `"epoch":"${epoch}${this.#suffix}","offset":${offset}`;
  }

  /** The position of a place; undefined when it is one in another part. */
  #positionOf({ epoch, offset }: Position): Position | undefined {
    if (!epoch.endsWith(this.#suffix)) return undefined;
    return { epoch: epoch.slice(0, epoch.length - this.#suffix.length), offset };
  }

  #listOf({ updates }: MapPage): string {
    const { delta } = this.options.shape;
    return `[${updates.map((update) => ((delta && update.deltaForms?.full) || update).json).join(",")}]`;
  }
}
