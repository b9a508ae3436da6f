import type { Features, Start, Subscriber } from "./channels.js";
import { disconnects, errors, reconnects } from "./codes.js";
import { quote } from "./command.js";
import { Expiry } from "./expiry.js";
import { Fault } from "./fault.js";
import type { Pass } from "./plain-door.js";
import { parseFrame } from "./plain-frame.js";
import type { Publication } from "./publication.js";
import { Replay } from "./replay.js";
import type { RoomEvent } from "./room-event.js";
import type { RoomListener, Stay } from "./rooms.js";
import { memberList } from "./roster.js";
import { Session } from "./session.js";
import type { SessionContext } from "./session-context.js";
import type { MayPublish, Permit } from "./session-rights.js";
import { NOTHING } from "./shaping/latest.js";
import { Pacer } from "./shaping/pacer.js";
import { ruleShape } from "./shaping/shape.js";
import type { Transport } from "./transport.js";

const FROM_A_FILE =
  "a page that was opened from a file may only read; serve it, as with python3 -m http.server, or set http.origins";
const BOOT = Buffer.from('{"event":"system:boot"}');
/** How long a session whose channel cannot be served stays open: clients that know no delay would be back at once. In ms. */
const RETRY_AFTER = { least: 1_000, most: 3_000 };

/** They have no way to get another token by themselves. */
const finalCodes: readonly number[] = [disconnects.expired.code, disconnects.stateInvalidated.code];

/** A bare WebSocket on one channel: every message is one JSON object, `{event, data, meta}`, in both directions. */
export class PlainSession extends Session implements Subscriber, RoomListener {
  readonly #channel: string;
  readonly #pass: Pass;
  readonly #replay = new Replay(this.outbox);
  #pacer: Pacer<Publication> | undefined;
  /** No newer token can come. */
  readonly #expiry = new Expiry(0, () => this.disconnect("expired"));
  readonly #features: Features | Fault;
  /** What it may show. */
  #permit: Permit | undefined;
  #unserved: NodeJS.Timeout | undefined;
  #stay: Stay | undefined;
  #leave: () => void = () => {};

  constructor(context: SessionContext, transport: Transport, channel: string, pass: Pass, ended: () => void) {
    super(context, transport, "apart", ended);
    this.#channel = channel;
    this.#pass = pass;
    this.#features = context.channels.features(channel);
    this.rights.belongTo(pass.principal);
  }

  override get channels(): readonly string[] {
    return [this.#channel];
  }

  start(): void {
    this.begun();
    this.context.counters.subscriptions++;
    // Rights may have changed on the way here.
    this.review();
    if (this.closed) return;
    this.#pacer = this.#pacerOf(this.#features);
    this.#expiry.set(this.#pass.principal.expiresAt);
    if (this.#pass.query.boot) this.outbox.append(BOOT);
    this.#leave = this.context.channels.subscribe(this.#channel, this);
  }

  subscribed({ publications }: Start): void {
    this.#enter();
    const frameOf = (publication: Publication) =>
      this.#mayShow(publication) ? publication.plain : undefined;
    if (publications) this.#replay.add(this, publications, frameOf);
  }

  /** It never asks to go on from anywhere, so nothing it waits for can be lost. */
  lost(): void {}

  refused(fault: Fault): void {
    this.#fail(fault);
    const { least, most } = RETRY_AFTER;
    this.#unserved = setTimeout(
      () => this.disconnect("serverError", "the channel cannot be served now"),
      least + Math.random() * (most - least),
    );
  }

  deliver(publication: Publication): void {
    if (publication.content.origin === this.id && !this.#pass.query.notifySelf) return;
    if (!this.#mayShow(publication)) return;
    if (this.#pacer) this.#pacer.offer(publication, NOTHING);
    else this.outbox.append(publication.plain);
  }

  /** The conventions tell a newcomer of itself, too. */
  joined(event: RoomEvent): void {
    if (!this.#permit?.presence) return;
    if (event.member.client === this.id) this.#list();
    if (event.plain) this.outbox.append(event.plain);
  }

  left({ plain }: RoomEvent): void {
    if (plain && this.#permit?.presence) this.outbox.append(plain);
  }

  /** What it has been shown is not taken back; what it is shown from now on is what it may see. */
  protected override rightsChanged(): void {
    if (this.#features instanceof Fault) return;
    this.#permit = this.rights.permit(this.#channel, this.#features, this.#pass.granted);
    if (this.#permit.subscribe === "none") this.disconnect("permissionDenied");
  }

  protected override ping(transport: Transport): void {
    transport.ping();
  }

  protected override release(): void {
    clearTimeout(this.#unserved);
    this.#expiry.stop();
    this.#replay.clear();
    this.#pacer?.close();
    this.#leave();
    if (this.#stay) this.context.rooms.leave(this.#channel, this.#stay);
    this.context.counters.subscriptions--;
  }

  /** PieSocket's clients come back at once after every code, unless a message with `error` came before. */
  protected override farewell(code: number, reason: string): void {
    const isFinal = !reconnects(code) || finalCodes.includes(code);
    if (isFinal) this.#send({ event: "system:error", data: { code, message: reason }, error: reason });
  }

  protected override receive(message: Buffer | string): void {
    const text = message.toString();
    this.context.counters.commands++;
    this.review();
    if (this.closed) return;
    try {
      if (this.#pass.query.readOnly) throw new Fault(errors.permissionDenied, FROM_A_FILE);
      const data = { ...parseFrame(text), mayPublish: this.#mayPublish() };
      this.publish(this.#channel, data).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#fail(error);
    }
  }

  #mayShow({ topic }: Publication): boolean {
    return this.#permit?.subscribe !== "part" || this.rights.mayReceive(topic);
  }

  #mayPublish(): MayPublish | undefined {
    if (this.#features instanceof Fault) throw this.#features;
    return this.rights.publishing("publish", this.#channel, this.#features);
  }

  #pacerOf(features: Features | Fault): Pacer<Publication> | undefined {
    if (features instanceof Fault || !Pacer.isNeeded(ruleShape(features))) return undefined;
    return new Pacer(this.pacing, ruleShape(features), {
      // Rights may have changed while it was held back.
      tell: (publication) => {
        if (this.#mayShow(publication)) this.outbox.append(publication.plain);
      },
    });
  }

  #enter(): void {
    const { rooms } = this.context;
    const { principal, chanInfo, query } = this.#pass;
    const { user, info: connInfo } = principal;
    const present = query.presence && hasPresence(this.#features);
    if (present && !this.#permit?.presence) this.#fail(this.rights.refusal("presence", this.#channel));
    if (query.presence && !present)
      this.#fail(
        new Fault(errors.notAvailable, `the rule of channel ${quote(this.#channel)} has no presence`),
      );
    this.#stay = {
      member: { client: this.id, user, connInfo, chanInfo, alias: query.alias },
      listener: present ? this : undefined,
      present,
    };
    rooms.enter(this.#channel, this.#stay);
  }

  #list(): void {
    this.outbox.append(memberList(this.context.rooms.membersByClient(this.#channel)));
  }

  #fail(error: unknown): void {
    this.context.counters.errors++;
    const { code, message } = error instanceof Fault ? error : new Fault(errors.internal);
    this.#send({ event: "system:error", data: { code, message } });
  }

  #send(frame: object): void {
    this.outbox.append(Buffer.from(JSON.stringify(frame)));
  }
}

function hasPresence(features: Features | Fault): boolean {
  return !(features instanceof Fault) && features.presence;
}
