import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { LimitedLog } from "../log/limited.js";
import { Turn } from "../outbox/turn.js";
import { Admission } from "./admission.js";
import { MAX_CHANNEL_NAME } from "./channel-name.js";
import type { Channels } from "./channels.js";
import { ClientSession } from "./client-session.js";
import { disconnects } from "./codes.js";
import { Counters, type DisconnectName, type GatewayStats } from "./counters.js";
import type { GatewayOptions } from "./options.js";
import { PlainSession } from "./plain-session.js";
import { type Refusal, refuseUpgrade } from "./refusal.js";
import type { Session, SessionContext } from "./session.js";
import { remoteOf, WebSocketTransport, webSocketAcceptor } from "./websocket.js";

/** Between the replies and pushes of one frame. */
const NEWLINE = 0x0a;
const JSON_PROTOCOL = "centrifuge-json";
/** Accepted only to be told, in a way that clients understand, that it is not spoken. */
const PROTOBUF_PROTOCOL = "centrifuge-protobuf";

export interface GatewayDependencies {
  readonly channels: Channels;
  readonly options: GatewayOptions;
  readonly log: Logger;
  /** The server's version, told to clients. */
  readonly version: string;
}

/** Sessions of channel clients. The HTTP server hands it the upgrades of its paths. */
export class Gateway {
  readonly #context: SessionContext;
  readonly #admission: Admission;
  readonly #sessions = new Set<Session>();
  readonly #plainSessions = new Set<Session>();
  readonly #clientAcceptor;
  readonly #plainAcceptor;
  #idle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor({ channels, options, log, version }: GatewayDependencies) {
    const limitedLog = new LimitedLog(log);
    this.#context = {
      channels,
      options,
      log,
      limitedLog,
      version,
      turn: new Turn((error) => log.error({ err: error }, "a session could not be written"), NEWLINE),
      counters: new Counters(),
    };
    this.#admission = new Admission(options.maxSessions);
    this.#clientAcceptor = webSocketAcceptor(options.maxFrameSize, [JSON_PROTOCOL, PROTOBUF_PROTOCOL]);
    this.#plainAcceptor = webSocketAcceptor(options.maxFrameSize, []);
  }

  /** An upgrade of `/connection/websocket`: the channel protocol. */
  acceptConnection(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#admission.refusal(request);
    if (refusal) {
      this.#refuse(request, socket, refusal);
      return;
    }
    this.#clientAcceptor.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new WebSocketTransport(webSocket, socket, remoteOf(request));
      if (webSocket.protocol === PROTOBUF_PROTOCOL) this.#turnAway(transport, "inappropriateProtocol");
      else if (this.#admission.full) this.#turnAway(transport, "connectionLimit");
      else this.#openClient(transport);
    });
  }

  /** An upgrade of `/v3/{channel}`: one channel, plain frames. */
  acceptPlain(request: IncomingMessage, socket: Duplex, head: Buffer, channel: string): void {
    const refusal = this.#admission.refusal(request) ?? this.#plainRefusal(channel);
    if (refusal) {
      this.#refuse(request, socket, refusal);
      return;
    }
    this.#plainAcceptor.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      this.#openPlain(new WebSocketTransport(webSocket, socket, remoteOf(request)), channel);
    });
  }

  stats(): GatewayStats {
    const { disconnects, ...counters } = this.#context.counters;
    return {
      sessions: this.#sessions.size,
      plainSessions: this.#plainSessions.size,
      ...counters,
      disconnects: { ...disconnects },
    };
  }

  /** Ends every session with code 3001 and waits for them, at most `window` ms; then cuts off the rest. */
  close(window: number): Promise<void> {
    this.#closing ??= this.#close(window);
    return this.#closing;
  }

  async #close(window: number): Promise<void> {
    this.#admission.close();
    const sessions = [...this.#sessions, ...this.#plainSessions];
    if (sessions.length === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    for (const session of sessions) session.disconnect("shutdown");
    const cutOff = setTimeout(() => {
      for (const session of sessions) session.terminate();
    }, window);
    await idle;
    clearTimeout(cutOff);
  }

  #plainRefusal(channel: string): Refusal | undefined {
    if (channel.length > MAX_CHANNEL_NAME)
      return { status: 404, error: `a channel name must not be longer than ${MAX_CHANNEL_NAME} characters` };
    const fault = this.#context.channels.fault(channel);
    if (fault) return { status: 404, error: fault.message };
    return this.#admission.full ? this.#admission.noRoom : undefined;
  }

  #refuse(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
    this.#context.counters.refused++;
    this.#context.limitedLog.warn("session refused", { remote: remoteOf(request), status: refusal.status });
    refuseUpgrade(socket, refusal);
  }

  #turnAway(transport: WebSocketTransport, name: DisconnectName): void {
    const { code, reason } = disconnects[name];
    const { counters, limitedLog } = this.#context;
    counters.disconnected(name);
    limitedLog.warn(`session refused: ${reason}`, { remote: transport.remote, code });
    transport.listen({ message: () => {}, pong: () => {}, end: this.#admission.turnAway(transport) });
    transport.close(code, reason);
  }

  #openClient(transport: WebSocketTransport): void {
    const leave = this.#admission.enter();
    const session: Session = new ClientSession(this.#context, transport, () => {
      leave();
      this.#ended(this.#sessions, session);
    });
    this.#opened(this.#sessions, session, transport);
  }

  #openPlain(transport: WebSocketTransport, channel: string): void {
    const leave = this.#admission.enter();
    const session: PlainSession = new PlainSession(this.#context, transport, channel, () => {
      leave();
      this.#ended(this.#plainSessions, session);
    });
    this.#opened(this.#plainSessions, session, transport);
    session.start();
  }

  #opened(set: Set<Session>, session: Session, transport: WebSocketTransport): void {
    set.add(session);
    this.#context.counters.opened++;
    this.#context.log.debug({ session: session.id, remote: transport.remote }, "session opened");
    transport.listen(session);
  }

  #ended(set: Set<Session>, session: Session): void {
    set.delete(session);
    if (this.#sessions.size + this.#plainSessions.size === 0) this.#idle?.();
  }
}

export function createGateway(dependencies: GatewayDependencies): Gateway {
  return new Gateway(dependencies);
}
