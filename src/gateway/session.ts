import { randomBytes } from "node:crypto";
import type { Principal } from "../access/principal.js";
import type { ChannelAction } from "../access/rights.js";
import type { ClientData } from "./channels.js";
import { disconnects, reconnects } from "./codes.js";
import type { DisconnectName, SlowCause } from "./counters.js";
import type { Dismissal } from "./dismissal.js";
import { Heartbeat } from "./heartbeat.js";
import { type Framing, Outbox } from "./outbox.js";
import { PublishLimit } from "./publish-limit.js";
import type { SessionContext } from "./session-context.js";
import { type Denials, SessionRights } from "./session-rights.js";
import { HeldBack } from "./shaping/held-back.js";
import type { PacerHost } from "./shaping/pacer.js";
import { slowFields } from "./slow-sessions.js";
import type { Transport, TransportEvents } from "./transport.js";
import type { Visitor } from "./visitor.js";
import type { Ending, SessionDetails } from "./watcher.js";

/** What a client says of itself. */
export type About = Pick<SessionDetails, "name" | "version">;

/** Publications that a session may have waiting for the broker before it is read no further. */
const MAX_PENDING = 100;

/** One client, from its accepted connection to the end of it. Subclasses speak the two protocols. */
export abstract class Session implements TransportEvents, Denials {
  readonly id = randomBytes(16).toString("hex");
  /** When it began, in ms since 1970. */
  readonly openedAt = Date.now();
  readonly context: SessionContext;
  /** Who it belongs to, and what it may do. */
  readonly rights: SessionRights;
  protected readonly outbox: Outbox;
  protected readonly pacing: PacerHost;
  protected readonly heartbeat: Heartbeat;
  #closed = false;
  #begun = false;
  #about: About = {};
  readonly #transport: Transport;
  readonly #ended: () => void;
  #pending = 0;
  /** Reasons why it is not read for now. */
  #holds = 0;
  readonly #limit: PublishLimit | undefined;
  /** The change of rights that it has taken note of. */
  #reviewed: number | undefined;

  /** `ended` is called once, when nothing is left of the connection. */
  constructor(context: SessionContext, transport: Transport, framing: Framing, ended: () => void) {
    this.context = context;
    this.#transport = transport;
    this.#ended = ended;
    this.rights = new SessionRights(context, this);
    this.#limit = PublishLimit.of(context.rates);
    const { turn, options, counters, clock, overdue, slowSessions } = context;
    this.outbox = new Outbox({
      turn,
      transport,
      framing,
      bound: options.maxOutboxSize,
      counters,
      overdue,
      slow: (cause) => this.#tooSlow(cause),
    });
    this.pacing = {
      clock,
      counters,
      outbox: this.outbox,
      held: new HeldBack(options, counters),
      congested: () => slowSessions.congested(this),
    };
    this.heartbeat = new Heartbeat({
      interval: options.pingInterval,
      timeout: options.pongTimeout,
      ping: () => this.ping(transport),
      dead: () => this.#dead(),
    });
  }

  /** How it came in. */
  get transport(): string {
    return this.#transport.name;
  }

  /** Address and port of the client. */
  get remote(): string {
    return this.#transport.remote;
  }

  get visitor(): Visitor {
    return this.#transport.visitor;
  }

  /** Bytes that the client has not taken. */
  get waitingBytes(): number {
    return this.outbox.waiting;
  }

  /** For how long the oldest of them has waited, in ms. */
  get age(): number {
    return this.outbox.age;
  }

  /** Channels that it is subscribed to. */
  abstract get channels(): readonly string[];

  get closed(): boolean {
    return this.#closed;
  }

  /** Whose session it is; empty when nobody said. */
  get user(): string {
    return this.rights.principal.user;
  }

  /** One message of the client. */
  protected abstract receive(message: Buffer | string): void;
  /** Asks the client for a sign of life. */
  protected abstract ping(transport: Transport): void;
  /** Rights may be others than before. */
  protected abstract rightsChanged(): void;
  /** Gives up everything that the session holds in channels. Called once. */
  protected abstract release(): void;

  message(message: Buffer | string): void {
    if (this.#closed) return;
    this.heartbeat.alive();
    this.context.counters.messagesReceived++;
    try {
      this.receive(message);
    } catch (error) {
      this.failed(error);
    }
  }

  /** It is known who the session belongs to, by the first credential or by a newer one. */
  belongTo(principal: Principal): void {
    this.rights.belongTo(principal);
    // What let it in may have been removed while it was looked at.
    this.#reviewed = undefined;
    this.review();
  }

  /** Takes note of changes of rights that it has not been told of yet. */
  review(): void {
    const { changes, gate } = this.context;
    if (this.#reviewed === changes.count || !this.rights.known || this.#closed) return;
    this.#reviewed = changes.count;
    if (gate.stands(this.rights.principal)) this.rightsChanged();
    else this.disconnect("stateInvalidated");
  }

  denied(action: ChannelAction, channel: string): void {
    const { counters, limitedLog } = this.context;
    counters.denied[action]++;
    limitedLog.warn("denied for want of rights", { session: this.id, user: this.user, action, channel });
  }

  pong(): void {
    this.heartbeat.alive();
  }

  broken(reason: string): void {
    const { counters, limitedLog } = this.context;
    counters.broken++;
    limitedLog.warn("session closed: what it sent is no message", {
      session: this.id,
      remote: this.remote,
      reason,
    });
  }

  end(code: number): void {
    this.#stop({ code, reason: "" });
    this.context.log.debug({ session: this.id, remote: this.remote, code }, "session ended");
    this.#ended();
  }

  /** Ends the session for a reason of the server's; `particulars` are for the developer of the client. */
  disconnect(name: DisconnectName, particulars?: string): void {
    const { code, reason } = disconnects[name];
    this.#disconnect(name, code, particulars === undefined ? reason : `${reason}: ${particulars}`);
  }

  /** Ends the session because the operator wants it. Without a code its client stays away. */
  dismiss({ code = disconnects.forceNoReconnect.code, reason }: Dismissal): void {
    const name = reconnects(code) ? "forceReconnect" : "forceNoReconnect";
    this.#disconnect(name, code, reason ?? disconnects[name].reason);
  }

  terminate(): void {
    this.#transport.terminate();
  }

  /** The client has said who it is. */
  protected begun(about: About = {}, data?: unknown): void {
    this.#begun = true;
    this.#about = about;
    this.heartbeat.start();
    this.context.watcher.clientConnected({ ...this.#details, data });
  }

  /** Ends the session because of a defect. */
  protected failed(error: unknown): void {
    this.context.log.error({ session: this.id, err: error }, "a session failed");
    this.disconnect("serverError");
  }

  /** Tells the client why it is about to be disconnected, where its protocol has a message for that. */
  protected farewell(_code: number, _reason: string): void {}

  /** Hands a publication to the broker, and reads on only while not too many of them wait there. */
  publish(channel: string, data: ClientData): Promise<void> {
    this.withinRate(data);
    if (++this.#pending === MAX_PENDING) this.hold();
    return this.context.channels.publish(channel, { ...data, origin: this.id }).finally(() => {
      if (this.#pending-- === MAX_PENDING) this.goOn();
    });
  }

  /** @throws {Fault} when the session publishes too much. */
  protected withinRate({ data }: ClientData): void {
    if (!this.#limit) return;
    try {
      this.#limit.take(Buffer.byteLength(data));
    } catch (error) {
      this.context.counters.overRate++;
      throw error;
    }
  }

  /** Reads no more of the client, until {@link goOn} has been called as often. */
  protected hold(): void {
    if (this.#holds++ === 0) this.#transport.pause();
  }

  protected goOn(): void {
    if (--this.#holds === 0) this.#transport.resume();
  }

  #tooSlow(cause: SlowCause): void {
    if (this.#closed) return;
    const { counters, slowSessions } = this.context;
    counters.slowCloses[cause]++;
    slowSessions.closed(this, cause);
    const { code, reason } = disconnects.slow;
    this.#disconnect("slow", code, reason, { ...slowFields(this), cause });
  }

  #disconnect(name: DisconnectName, code: number, reason: string, particulars: object = {}): void {
    if (this.#closed) return;
    this.farewell(code, reason);
    this.#stop({ code, reason });
    this.context.counters.disconnected(name);
    const fields = { session: this.id, user: this.user, remote: this.remote, code, reason, ...particulars };
    if (name === "shutdown") this.context.log.debug(fields, "session closed");
    else this.context.limitedLog.warn(`session closed: ${disconnects[name].reason}`, fields);
    this.#transport.close(code, reason);
  }

  #dead(): void {
    // While the session is not read, its pong waits unread too.
    if (this.#holds > 0) return;
    // The ping may stand behind what the client has yet to read. If it reads on it is slow at most, and there are bounds for that.
    const readsOn = this.#transport.waiting > 0 && this.age < this.context.options.pongTimeout;
    if (!readsOn) this.disconnect("noPong");
  }

  #stop(ending: Ending): void {
    if (this.#closed) return;
    this.#closed = true;
    this.heartbeat.stop();
    this.release();
    this.outbox.close();
    if (this.#begun) this.context.watcher.clientDisconnected({ ...this.#details, ...ending });
  }

  get #details(): SessionDetails {
    const { id: client, user, transport, remote } = this;
    return { client, user, transport, remote, ...this.#about };
  }
}
