import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { LimitedLog } from "../log/limited.js";
import type { Turn } from "../outbox/turn.js";
import type { Channels } from "./channels.js";
import { disconnects } from "./codes.js";
import type { Counters, DisconnectName } from "./counters.js";
import { Heartbeat } from "./heartbeat.js";
import type { GatewayOptions } from "./options.js";
import { type Framing, Outbox } from "./outbox.js";
import type { Transport, TransportEvents } from "./transport.js";

/** What all sessions of a gateway share. */
export interface SessionContext {
  readonly channels: Channels;
  readonly options: GatewayOptions;
  readonly version: string;
  readonly turn: Turn;
  readonly counters: Counters;
  readonly log: Logger;
  readonly limitedLog: LimitedLog;
}

/** Publications that a session may have waiting for the broker before it is read no further. */
const MAX_PENDING = 100;

/** One client, from its accepted connection to the end of it. Subclasses speak the two protocols. */
export abstract class Session implements TransportEvents {
  readonly id = randomBytes(16).toString("hex");
  protected readonly context: SessionContext;
  protected readonly outbox: Outbox;
  protected readonly heartbeat: Heartbeat;
  protected closing = false;
  readonly #transport: Transport;
  readonly #ended: () => void;
  #pending = 0;

  /** `ended` is called once, when nothing is left of the connection. */
  constructor(context: SessionContext, transport: Transport, framing: Framing, ended: () => void) {
    this.context = context;
    this.#transport = transport;
    this.#ended = ended;
    const { turn, options, counters } = context;
    this.outbox = new Outbox({
      turn,
      transport,
      framing,
      bound: options.maxOutboxSize,
      counters,
      overflow: () => this.disconnect("slow"),
    });
    this.heartbeat = new Heartbeat({
      interval: options.pingInterval,
      timeout: options.pongTimeout,
      ping: () => this.ping(transport),
      dead: () => this.#dead(),
    });
  }

  /** One message of the client. */
  protected abstract receive(text: string): void;
  /** Asks the client for a sign of life. */
  protected abstract ping(transport: Transport): void;
  /** Gives up everything that the session holds in channels. Called once. */
  protected abstract release(): void;

  message(text: string): void {
    if (this.closing) return;
    this.heartbeat.alive();
    this.context.counters.messagesReceived++;
    try {
      this.receive(text);
    } catch (error) {
      this.context.log.error({ session: this.id, err: error }, "a session failed");
      this.disconnect("serverError");
    }
  }

  pong(): void {
    this.heartbeat.alive();
  }

  end(code: number): void {
    this.#stop();
    this.context.log.debug({ session: this.id, remote: this.#transport.remote, code }, "session ended");
    this.#ended();
  }

  /** Ends the session for a reason of the server's; `particulars` are for the developer of the client. */
  disconnect(name: DisconnectName, particulars?: string): void {
    if (this.closing) return;
    const { code, reason } = disconnects[name];
    this.#stop();
    this.context.counters.disconnected(name);
    const fields = { session: this.id, remote: this.#transport.remote, code, reason, particulars };
    if (name === "shutdown") this.context.log.debug(fields, "session closed");
    else this.context.limitedLog.warn(`session closed: ${reason}`, fields);
    this.#transport.close(code, particulars === undefined ? reason : `${reason}: ${particulars}`);
  }

  terminate(): void {
    this.#transport.terminate();
  }

  /** Hands a publication to the broker, and reads on only while not too many of them wait there. */
  protected publish(channel: string, data: string, encoding: "base64" | undefined): Promise<void> {
    this.#pending++;
    if (this.#pending === MAX_PENDING) this.#transport.pause();
    return this.context.channels.publish(channel, { data, encoding }).finally(() => {
      if (this.#pending-- === MAX_PENDING) this.#transport.resume();
    });
  }

  #dead(): void {
    // While the session is not read, its pong waits unread too.
    if (this.#pending < MAX_PENDING) this.disconnect("noPong");
  }

  #stop(): void {
    if (this.closing) return;
    this.closing = true;
    this.heartbeat.stop();
    this.release();
    this.outbox.close();
  }
}
