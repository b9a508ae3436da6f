import type { Subscriber } from "./channels.js";
import { errors } from "./codes.js";
import { isObject } from "./command.js";
import { Fault } from "./fault.js";
import type { Publication } from "./publication.js";
import { rawMember } from "./raw-json.js";
import { Replay } from "./replay.js";
import { Session, type SessionContext } from "./session.js";
import type { Transport } from "./transport.js";

/** Events of this prefix are the server's own. */
const RESERVED = "system:";

/** A bare WebSocket on one channel: every message is one JSON object, `{event, data, meta}`, in both directions. */
export class PlainSession extends Session implements Subscriber {
  readonly #channel: string;
  readonly #replay = new Replay(this.outbox, (publication) => publication.plain);
  #leave: () => void = () => {};

  constructor(context: SessionContext, transport: Transport, channel: string, ended: () => void) {
    super(context, transport, "apart", ended);
    this.#channel = channel;
  }

  start(): void {
    this.heartbeat.start();
    this.context.counters.subscriptions++;
    this.#leave = this.context.channels.subscribe(this.#channel, this);
  }

  subscribed(snapshot: Iterator<Publication>): void {
    this.#replay.add(this, snapshot);
  }

  refused(fault: Fault): void {
    this.#fail(fault);
    this.disconnect("serverError", "the channel cannot be served now");
  }

  deliver(publication: Publication): void {
    this.outbox.append(publication.plain);
  }

  protected override ping(transport: Transport): void {
    transport.ping();
  }

  protected override release(): void {
    this.#replay.clear();
    this.#leave();
    this.context.counters.subscriptions--;
  }

  protected override receive(text: string): void {
    this.context.counters.commands++;
    try {
      const encoding = checkFrame(text);
      const data = rawMember(text, "data");
      if (data === undefined) throw new Fault(errors.badRequest, 'a frame needs "data"');
      this.publish(this.#channel, data, encoding).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.context.counters.errors++;
    const { code, message } = error instanceof Fault ? error : new Fault(errors.internal);
    this.outbox.append(Buffer.from(JSON.stringify({ event: "system:error", data: { code, message } })));
  }
}

/** Gives the encoding of the frame's data, when it names one. */
function checkFrame(text: string): "base64" | undefined {
  const { event, meta } = parseObject(text);
  if (typeof event !== "string" || event === "")
    throw new Fault(errors.badRequest, 'a frame needs an "event", as {"event":"message","data":...}');
  if (event.startsWith(RESERVED))
    throw new Fault(errors.badRequest, `events that begin with ${RESERVED} are the server's`);
  if (meta === undefined || meta === null) return undefined;
  if (!isObject(meta)) throw new Fault(errors.badRequest, '"meta" must be an object');
  if (meta.encoding === undefined) return undefined;
  if (meta.encoding !== "base64") throw new Fault(errors.badRequest, '"meta.encoding" can only be "base64"');
  return "base64";
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Fault(errors.badRequest, 'a frame must be JSON, as {"event":"message","data":...}');
  }
  if (!isObject(parsed)) throw new Fault(errors.badRequest, "a frame must be a JSON object");
  return parsed;
}
