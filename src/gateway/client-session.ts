import type { Caller } from "./caller.js";
import type { Answer, ClientData } from "./channels.js";
import type { Codec, Line } from "./codec.js";
import { errors } from "./codes.js";
import { NotACommand, parseCommand, quote, requestOf } from "./command.js";
import { commands } from "./commands/index.js";
import { Expiry } from "./expiry.js";
import { Fault } from "./fault.js";
import { jsonCodec } from "./json-codec.js";
import { Replay } from "./replay.js";
import { Replies } from "./replies.js";
import { type About, Session } from "./session.js";
import type { SessionContext } from "./session-context.js";
import type { Condition } from "./shaping/filter.js";
import { SubscribeLimit } from "./subscribe-limit.js";
import type { SubscriptionHost } from "./subscription-host.js";
import { reviewSubscription } from "./subscription-review.js";
import { Subscriptions } from "./subscriptions.js";
import type { Transport } from "./transport.js";

const PING = Buffer.from("{}");
/** Requests to devices that may wait for their answers. */
const MOST_REQUESTS = 100;
/** Commands that a client may send before its connect command has been answered; together they may be as large as one frame. */
const MOST_EARLY = 100;
/** For how long the commands of one client may be worked on in one turn of the event loop, before the others have theirs. */
const SHARE_MS = 5;

/** A session of the Centrifugal client protocol, version 2. */
export class ClientSession extends Session implements Caller {
  readonly replies = new Replies(this.outbox, this.context.counters);
  readonly subscriptions: Subscriptions;
  readonly expiry: Expiry;
  readonly host: SubscriptionHost;
  readonly transportResult: string;
  readonly #replay = new Replay(this.outbox);
  #state: "new" | "connecting" | "connected" = "new";
  readonly #codec: Codec;
  /** Commands that came in while the connect command was being answered. */
  #early: Line[] = [];
  #earlySize = 0;
  /** The commands of messages that have not been worked on to their end. */
  #waiting: Iterator<Line>[] = [];
  #stale: NodeJS.Timeout | undefined;
  readonly #subscribeLimit = SubscribeLimit.of(this.context.rates);
  #requests = 0;
  /** Aborted when nobody waits for answers of devices any more. */
  #gone: AbortController | undefined;

  constructor(context: SessionContext, transport: Transport, ended: () => void, codec: Codec = jsonCodec) {
    super(context, transport, codec, ended);
    this.#codec = codec;
    this.transportResult = transport.emulated ? `,${JSON.stringify(transport.emulated).slice(1, -1)}` : "";
    const { options, counters, channels, rooms } = context;
    const { connectTimeout, expiryGrace, maxChannels } = options;
    this.subscriptions = new Subscriptions(maxChannels, counters, this.replies);
    this.expiry = new Expiry(expiryGrace, () => this.disconnect("expired"));
    this.host = {
      channels,
      rooms,
      expiryGrace,
      outbox: this.outbox,
      replay: this.#replay,
      pacing: this.pacing,
      member: () => ({ client: this.id, user: this.user, connInfo: this.rights.principal.info }),
    };
    this.#stale = setTimeout(() => this.#late(), connectTimeout);
  }

  override get channels(): readonly string[] {
    return this.subscriptions.channels;
  }

  connected(id: number, result: string, about: About, data: unknown): void {
    if (this.closed) return;
    clearTimeout(this.#stale);
    this.outbox.release(() => this.replies.result(id, "connect", result));
    this.begun(about, data);
    this.#settle("connected");
  }

  /** Another one after each change of rights: a filter remembers what it has judged. */
  get guard(): Condition {
    const { id, rights } = this;
    return {
      text: JSON.stringify(["rights", id, rights.version]),
      holds: ({ topic }) => rights.mayReceive(topic),
      readsEncoding: false,
    };
  }

  withinSubscribeRate(): void {
    try {
      this.#subscribeLimit?.take();
    } catch (error) {
      this.context.counters.overRate++;
      throw error;
    }
  }

  async request(channel: string, data: ClientData, timeout: number | undefined): Promise<Answer> {
    this.withinRate(data);
    if (this.#requests >= MOST_REQUESTS)
      throw new Fault(errors.tooManyRequests, `${MOST_REQUESTS} requests of the session wait for an answer`);
    this.#requests++;
    this.#gone ??= new AbortController();
    const { signal } = this.#gone;
    try {
      return await this.context.channels.request(channel, { ...data, origin: this.id }, { timeout, signal });
    } finally {
      this.#requests--;
    }
  }

  protected override ping(): void {
    this.outbox.append(PING);
  }

  protected override rightsChanged(): void {
    for (const subscription of this.subscriptions.all) reviewSubscription(this, subscription);
  }

  protected override release(): void {
    clearTimeout(this.#stale);
    this.expiry.stop();
    this.#replay.clear();
    this.subscriptions.clear();
    this.#early = [];
    this.#gone?.abort();
  }

  protected override receive(message: Buffer | string): void {
    this.#waiting.push(this.#codec.decode(message)[Symbol.iterator]());
    if (this.#waiting.length === 1) this.#work();
  }

  #work(): void {
    const end = performance.now() + SHARE_MS;
    for (let lines = this.#waiting[0]; lines !== undefined; lines = this.#waiting[0]) {
      if (!this.#take(lines, end)) {
        this.#workLater();
        return;
      }
      this.#waiting.shift();
    }
  }

  #workLater(): void {
    this.hold();
    setImmediate(() => {
      this.goOn();
      try {
        this.#work();
      } catch (error) {
        this.failed(error);
      }
    });
  }

  /** A client that has said connect is not to blame for an answer that takes long, and comes back. */
  #late(): void {
    if (this.#state === "new") this.disconnect("stale");
    else this.disconnect("serverError", "connect could not be answered in time");
  }

  /** False when the time is up before all are taken. */
  #take(lines: Iterator<Line>, end: number): boolean {
    try {
      for (;;) {
        // A client that is closed at the end of the turn is answered no more: answers may be large.
        if (this.closed || this.outbox.overflown) return true;
        const next = lines.next();
        if (next.done) return true;
        if (this.#state === "connecting") this.#hold(next.value);
        else this.#handle(next.value);
        if (performance.now() >= end) return false;
      }
    } catch (error) {
      if (!(error instanceof NotACommand)) throw error;
      this.disconnect("badRequest", error.message);
      return true;
    }
  }

  #hold(line: Line): void {
    this.#earlySize += line.text.length;
    const fits = this.#early.length < MOST_EARLY && this.#earlySize <= this.context.options.maxFrameSize;
    if (fits) this.#early.push(line);
    else this.disconnect("badRequest", "too many commands before the answer to connect");
  }

  #handle({ text, fault }: Line): void {
    const parsed = parseCommand(text);
    if (parsed === undefined) return; // a pong
    const { id, members } = parsed;
    this.context.counters.commands++;
    this.review();
    if (this.closed) return;
    const isConnect = Object.hasOwn(members, "connect");
    if (this.#state === "new" && !isConnect) throw new NotACommand("the first command must be connect");
    if (this.#state === "connected" && isConnect) throw new NotACommand("the session is connected already");
    try {
      if (fault) throw fault;
      const command = { id, text, ...requestOf(members) };
      const handler = commands[command.method];
      if (!handler) throw new Fault(errors.methodNotFound, quote(command.method));
      if (isConnect) this.#state = "connecting";
      handler(this, command)?.catch((error: unknown) => this.#refuse(id, error));
    } catch (error) {
      this.#refuse(id, error);
    }
  }

  #settle(state: "new" | "connected"): void {
    this.#state = state;
    const early = this.#early;
    this.#early = [];
    this.#earlySize = 0;
    this.#waiting.unshift(early.values());
    // Else it is being worked on already.
    if (this.#waiting.length === 1) this.#work();
  }

  #refuse(id: number, error: unknown): void {
    if (this.closed) return;
    if (error instanceof Fault) this.replies.refuse(id, error);
    else this.failed(error);
    // The client may send another connect command.
    if (this.#state === "connecting") this.#settle("new");
  }
}
