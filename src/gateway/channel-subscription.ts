import type { Grant } from "../access/grant.js";
import type { unsubscribes } from "./codes.js";
import { Expiry } from "./expiry.js";
import type { Fault } from "./fault.js";
import type { RoomEvent } from "./room-event.js";
import type { RoomListener, Stay } from "./rooms.js";
import type { Permit } from "./session-rights.js";
import type { Shape } from "./shaping/shape.js";
import type { Answer, SubscriptionHost } from "./subscription-host.js";

export type UnsubscribeName = keyof typeof unsubscribes;

export interface SubscriptionOptions {
  readonly channel: string;
  /** The server began it, not the client. */
  readonly server: boolean;
  /** A token, or somebody who may, has chosen the channel for the client. */
  readonly granted: boolean;
  /** What it may show. */
  readonly permit: Permit;
  /** The channel's rule lets others know who is there. */
  readonly presence: boolean;
  /** The client wants to hear who comes and goes. */
  readonly joinLeave: boolean;
  readonly shape: Shape;
  /** Called once, when it is over for a reason of the server's; `refused` and {@link ChannelSubscription.close} are no such reason. */
  readonly ended: (name: UnsubscribeName) => void;
}

/** One channel of one session of the channel protocol. */
export abstract class ChannelSubscription implements RoomListener {
  readonly channel: string;
  readonly server: boolean;
  readonly expiry: Expiry;
  protected readonly host: SubscriptionHost;
  protected readonly options: SubscriptionOptions;
  /** Of the command that waits for it. */
  #answer: Answer | undefined;
  /** Why it will not begin. */
  #dismissal: Fault | undefined;
  /** Ends it in the channel. */
  protected leaveChannel: () => void = () => {};
  #stay: Stay | undefined;
  #chanInfo: unknown;
  #grant: Grant | undefined;
  #closed = false;

  constructor(host: SubscriptionHost, options: SubscriptionOptions, answer: Answer) {
    this.host = host;
    this.options = options;
    this.#answer = answer;
    this.channel = options.channel;
    this.server = options.server;
    this.expiry = new Expiry(host.expiryGrace, () => options.ended("expired"));
  }

  /** Whether the client has been told that it is subscribed. */
  get settled(): boolean {
    return this.#stay !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get granted(): boolean {
    return this.options.granted;
  }

  /** By the token that it began with, or the newest that came since. */
  get grant(): Grant | undefined {
    return this.#grant;
  }

  get permit(): Permit {
    return this.options.permit;
  }

  /** Whether a command of the client waits for an answer. */
  get pending(): boolean {
    return this.#answer !== undefined;
  }

  /** Subscribes, now that the client is known to be allowed to. */
  begin(grant: Grant | undefined): void {
    if (this.#closed) return;
    this.#chanInfo = grant?.info;
    this.renew(grant);
    this.open();
  }

  /** A token says until when. */
  renew(grant: Grant | undefined): void {
    this.#grant = grant;
    this.expiry.set(this.#closed ? undefined : grant?.expiresAt);
  }

  /** Tells the client, if it waits for an answer, that it was not subscribed. */
  refused(fault: Fault): void {
    if (!this.#closed) this.#takeAnswer()?.refuse(fault);
  }

  /** The same; when nothing waits, it is told so in answer to the next step that it takes. */
  dismiss(fault: Fault): void {
    if (this.pending) this.refused(fault);
    else this.#dismissal ??= fault;
  }

  /** Gives up everything it holds. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.expiry.stop();
    this.options.shape.filter?.release();
    this.release();
    this.host.replay.remove(this);
    this.leaveChannel();
    if (this.#stay) this.host.rooms.leave(this.channel, this.#stay);
  }

  joined({ push }: RoomEvent): void {
    this.host.outbox.append(push);
  }

  left({ push }: RoomEvent): void {
    this.host.outbox.append(push);
  }

  /** Asks the channel for it. */
  protected abstract open(): void;

  /** Gives up what it keeps of its own. */
  protected abstract release(): void;

  /** Another command waits. False when it was refused. */
  protected expect(answer: Answer): boolean {
    this.#answer = answer;
    if (this.#dismissal) this.refused(this.#dismissal);
    return this.pending;
  }

  /** Answers a command that does not subscribe the client yet. */
  protected accept(result: string): void {
    this.#takeAnswer()?.accept(result);
  }

  /** Tells the client, and only then the others. `result` is the inside of a JSON object. */
  protected settle(result: string): void {
    const { presence, joinLeave, permit } = this.options;
    const expires = this.expiry.result;
    this.accept(result === "" ? expires.slice(1) : result + expires);
    this.#stay = {
      member: { ...this.host.member(), chanInfo: this.#chanInfo },
      listener: presence && joinLeave && permit.presence ? this : undefined,
      present: presence,
    };
    this.host.rooms.enter(this.channel, this.#stay);
  }

  /** A command is answered once. */
  #takeAnswer(): Answer | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }
}
