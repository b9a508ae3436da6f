import { channelOf } from "./channel-name.js";
import { errors } from "./codes.js";
import { type Command, NotACommand, parseCommand, quote, requestOf } from "./command.js";
import { Fault } from "./fault.js";
import { rawMember } from "./raw-json.js";
import { Replay } from "./replay.js";
import { Session, type SessionContext } from "./session.js";
import { Subscription } from "./subscription.js";
import type { Transport } from "./transport.js";

const PING = Buffer.from("{}");
/** Subscribe flag: refuse rather than start anew when the position cannot be recovered. */
const REJECT_UNRECOVERED = 2;

/** A session of the Centrifugal client protocol, JSON, version 2. */
export class ClientSession extends Session {
  readonly #replay = new Replay(this.outbox, (publication) => publication.snapshotPush);
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #host = {
    outbox: this.outbox,
    replay: this.#replay,
    accepted: ({ command }: Subscription, result: string) => this.#reply(command, "subscribe", result),
    refused: (subscription: Subscription, fault: Fault) => {
      this.#drop(subscription);
      this.#refuse(subscription.command, fault);
    },
  };
  #connected = false;
  #stale: NodeJS.Timeout | undefined;

  constructor(context: SessionContext, transport: Transport, ended: () => void) {
    super(context, transport, "joined", ended);
    this.#stale = setTimeout(() => this.disconnect("stale"), context.options.connectTimeout);
  }

  protected override ping(): void {
    this.outbox.append(PING);
  }

  protected override release(): void {
    clearTimeout(this.#stale);
    this.#replay.clear();
    for (const subscription of this.#subscriptions.values()) subscription.leave();
    this.context.counters.subscriptions -= this.#subscriptions.size;
    this.#subscriptions.clear();
  }

  protected override receive(text: string): void {
    try {
      for (const line of text.split("\n")) {
        if (this.closing) return;
        if (line.trim() !== "") this.#handle(line);
      }
    } catch (error) {
      if (!(error instanceof NotACommand)) throw error;
      this.disconnect("badRequest", error.message);
    }
  }

  #handle(text: string): void {
    const parsed = parseCommand(text);
    if (parsed === undefined) return; // a pong
    const { id, members } = parsed;
    this.context.counters.commands++;
    if (!this.#connected && !Object.hasOwn(members, "connect"))
      throw new NotACommand("the first command must be connect");
    try {
      this.#run({ id, text, ...requestOf(members) });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#refuse(id, error);
    }
  }

  #run(command: Command): void {
    switch (command.method) {
      case "connect":
        this.#connect(command);
        break;
      case "subscribe":
        this.#subscribe(command);
        break;
      case "unsubscribe":
        this.#unsubscribe(command);
        break;
      case "publish":
        this.#publish(command);
        break;
      case "rpc":
        throw new Fault(
          errors.methodNotFound,
          `there is no method ${quote(String(command.request.method ?? ""))}`,
        );
      default:
        throw new Fault(errors.notAvailable, `${command.method} is not offered`);
    }
  }

  #connect({ id, request }: Command): void {
    if (this.#connected) throw new NotACommand("the session is connected already");
    this.#connected = true;
    clearTimeout(this.#stale);
    const { version, options, log } = this.context;
    const { name, version: application } = request;
    log.debug({ session: this.id, name: shorten(name), version: shorten(application) }, "session connected");
    // Clients take whole seconds, and wait for a ping that much and ten seconds more.
    const ping = Math.ceil(options.pingInterval / 1000);
    const pings = ping > 0 ? `,"ping":${ping},"pong":true` : "";
    this.#reply(id, "connect", `"client":"${this.id}","version":${JSON.stringify(version)}${pings}`);
    this.heartbeat.start();
  }

  #subscribe({ id, request }: Command): void {
    const channel = channelOf("subscribe", request);
    if (this.#subscriptions.has(channel)) throw new Fault(errors.alreadySubscribed, quote(channel));
    const { maxChannels } = this.context.options;
    if (this.#subscriptions.size >= maxChannels)
      throw new Fault(errors.limitExceeded, `a session has at most ${maxChannels} subscriptions`);
    checkFeatures(request);
    const subscription = new Subscription(this.#host, channel, id);
    this.#subscriptions.set(channel, subscription);
    this.context.counters.subscriptions++;
    subscription.leave = this.context.channels.subscribe(channel, subscription);
  }

  #unsubscribe({ id, request }: Command): void {
    const subscription = this.#subscriptions.get(channelOf("unsubscribe", request));
    if (subscription) {
      subscription.leave();
      this.#drop(subscription);
      if (!subscription.settled)
        this.#refuse(
          subscription.command,
          new Fault(errors.notAvailable, "unsubscribed before it was subscribed"),
        );
    }
    this.#reply(id, "unsubscribe", "");
  }

  #publish({ id, request, text }: Command): void {
    const channel = channelOf("publish", request);
    const data = rawMember(text, "publish", "data");
    if (data === undefined) throw new Fault(errors.badRequest, "publish.data is missing");
    this.publish(channel, data, undefined).then(
      () => this.#reply(id, "publish", ""),
      (error: unknown) => this.#refuse(id, faultOf(error)),
    );
  }

  #drop(subscription: Subscription): void {
    this.#replay.remove(subscription);
    if (this.#subscriptions.delete(subscription.channel)) this.context.counters.subscriptions--;
  }

  /** `result` is the inside of a JSON object. */
  #reply(id: number, method: string, result: string): void {
    this.outbox.append(Buffer.from(`{"id":${id},"${method}":{${result}}}`));
  }

  #refuse(id: number, fault: Fault): void {
    this.context.counters.errors++;
    // A `send` has no id: nobody waits for the answer.
    if (id > 0) this.outbox.append(Buffer.from(JSON.stringify({ id, error: fault })));
  }
}

/** Refuses what would quietly give the client something else than it asked for. */
function checkFeatures({ type, tf, recover, flag }: Readonly<Record<string, unknown>>): void {
  if (type !== undefined && type !== null && type !== 0)
    throw new Fault(errors.notAvailable, "only stream subscriptions are offered: leave out subscribe.type");
  if (tf !== undefined && tf !== null)
    throw new Fault(errors.notAvailable, "tag filters are not offered: leave out subscribe.tf");
  if (recover === true && (Number(flag ?? 0) & REJECT_UNRECOVERED) !== 0)
    throw new Fault(errors.unrecoverablePosition, "this channel keeps no history");
}

function faultOf(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault(errors.internal);
}

function shorten(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 64) : undefined;
}
