import { ChannelSubscription, type SubscriptionOptions } from "./channel-subscription.js";
import type { Position, Start, Subscriber } from "./channels.js";
import { errors } from "./codes.js";
import { DeltaChain } from "./delta/delta-chain.js";
import { Fault } from "./fault.js";
import type { Publication } from "./publication.js";
import { PAGE_BYTES, PASSED_OVER } from "./replay.js";
import { NOTHING } from "./shaping/latest.js";
import { Pacer } from "./shaping/pacer.js";
import type { Answer, SubscriptionHost } from "./subscription-host.js";

export interface StreamOptions extends SubscriptionOptions {
  /** The client wants to go on from here; undefined when it begins. */
  readonly since: Position | undefined;
  /** The client had rather not be subscribed than miss something. */
  readonly rejectUnrecovered: boolean;
}

/**
 * What a client is told in place of the epoch while a part of the last values is still on its way to it. No channel has it, so a client
 * that is cut off meanwhile is not told that it has recovered everything.
 */
const UNFINISHED = "~";

/** A subscription to the publications of a channel, as they come or as its shape has it. */
export class Subscription extends ChannelSubscription implements Subscriber {
  readonly #options: StreamOptions;
  readonly #pacer: Pacer<Publication> | undefined;
  readonly #chain: DeltaChain | undefined;
  /** Everything is told as it comes. */
  readonly #isPlain: boolean;
  /** To be told with the next publication. */
  #epoch: string | undefined;

  constructor(host: SubscriptionHost, options: StreamOptions, answer: Answer) {
    super(host, options, answer);
    this.#options = options;
    const { shape } = options;
    if (shape.delta) this.#chain = new DeltaChain(host.pacing.counters);
    if (Pacer.isNeeded(shape))
      this.#pacer = new Pacer(host.pacing, shape, {
        tell: (publication) => this.#tell(publication),
      });
    this.#isPlain = !shape.filter && !this.#pacer && !this.#chain;
  }

  subscribed({ position, recovered, publications }: Start): void {
    const { since, rejectUnrecovered } = this.#options;
    if (since && !recovered && rejectUnrecovered) {
      this.refused(
        new Fault(errors.unrecoverablePosition, "the channel's history does not reach back so far"),
      );
      return;
    }
    const { replay, outbox } = this.host;
    // Clients look for publications of the server's own subscriptions in the result only when they were missed.
    const room = recovered || !this.server ? PAGE_BYTES - outbox.waiting : 0;
    const jsonOf = recovered ? missedJson : snapshotJson;
    const { page, complete } = firstPage(publications, room, (publication) =>
      this.#past(publication, jsonOf),
    );
    this.settle(
      [
        ...(position && this.#isPositioned ? [place(position, recovered || complete)] : []),
        ...(since ? [`"was_recovering":true,"recovered":${recovered}`] : []),
        ...(this.#chain ? [`"delta":true`] : []),
        ...(page.length > 0 ? [`"publications":[${page.join(",")}]`] : []),
      ].join(","),
    );
    if (complete || !publications) return;
    const frameOf = recovered ? missedFrame : snapshotFrame;
    const rest = recovered
      ? publications
      : this.#finishing(publications, this.#isPositioned ? position?.epoch : undefined);
    replay.add(this, rest, (publication) => this.#past(publication, frameOf));
  }

  deliver(publication: Publication): void {
    // Called for every delivery there is.
    if (this.#isPlain && this.#epoch === undefined) this.host.outbox.append(publication.push);
    else this.#shape(publication);
  }

  /** Who is not told everything cannot know what was missed; and what is past is not for everybody. */
  get #isPositioned(): boolean {
    return !this.#pacer && this.permit.recovery;
  }

  lost(): void {
    this.options.ended("insufficientState");
  }

  protected override open(): void {
    const since = this.#isPositioned ? this.#options.since : undefined;
    const leave = this.host.channels.subscribe(this.channel, this, since);
    if (this.closed) leave();
    else this.leaveChannel = leave;
  }

  protected override release(): void {
    this.#pacer?.close();
    this.#chain?.close();
  }

  *#finishing(
    publications: Iterator<Publication>,
    epoch: string | undefined,
  ): Generator<Publication, void, undefined> {
    for (let next = publications.next(); !next.done; next = publications.next()) yield next.value;
    // Who takes deltas is not told later, and begins anew after a break.
    if (!this.#chain) this.#epoch = epoch;
  }

  #shape(publication: Publication): void {
    const { filter } = this.options.shape;
    if (filter && !filter.wants(publication.content)) return;
    if (this.#pacer) this.#pacer.offer(publication, NOTHING);
    else this.#tell(publication);
  }

  #tell(publication: Publication): void {
    const { outbox } = this.host;
    const epoch = this.#epoch;
    this.#epoch = undefined;
    if (this.#chain) outbox.append(this.#chain.next(publication));
    else outbox.append(epoch === undefined ? publication.push : publication.pushOf(epoch));
  }

  /** What the client is told of something that was before; undefined when it does not want it. */
  #past<Form>(publication: Publication, formOf: (publication: Publication) => Form): Form | undefined {
    const { filter } = this.options.shape;
    if (filter && !filter.wants(publication.content)) return undefined;
    return formOf(this.#chain ? this.#chain.full(publication) : publication);
  }
}

function place({ epoch, offset }: Position, finished: boolean): string {
  return `"recoverable":true,"positioned":true,"epoch":"${finished ? epoch : UNFINISHED}","offset":${offset}`;
}

const missedJson = (publication: Publication): string => publication.json;
const missedFrame = (publication: Publication): Buffer => publication.push;
const snapshotJson = (publication: Publication): string => publication.snapshot;
const snapshotFrame = (publication: Publication): Buffer => publication.snapshotPush;

/** What fits in the answer; the rest follows as the client takes it. */
function firstPage(
  publications: Iterator<Publication> | undefined,
  room: number,
  jsonOf: (publication: Publication) => string | undefined,
): { page: string[]; complete: boolean } {
  const page: string[] = [];
  if (!publications) return { page, complete: true };
  for (let size = 0; size < room; ) {
    const next = publications.next();
    if (next.done) return { page, complete: true };
    const json = jsonOf(next.value);
    size += json?.length ?? PASSED_OVER;
    if (json !== undefined) page.push(json);
  }
  return { page, complete: false };
}
