import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ChannelAction } from "../access/rights.js";
import { Admission } from "./admission.js";
import { Codecs, subprotocols } from "./codecs.js";
import { disconnects } from "./codes.js";
import { Compression } from "./compression.js";
import type { DisconnectName, GatewayStats } from "./counters.js";
import { HttpEntrance } from "./http-entrance.js";
import { type Pass, PlainDoor } from "./plain-door.js";
import { PresenceView } from "./presence-view.js";
import { type Refusal, Refused } from "./refusal.js";
import { Refusals } from "./refusals.js";
import { Reviews } from "./reviews.js";
import { SessionClients } from "./session-clients.js";
import { createContext, type GatewayDependencies, type SessionContext } from "./session-context.js";
import { Sessions } from "./sessions.js";
import type { SlowSession } from "./slow-sessions.js";
import { UserSessions } from "./user-sessions.js";
import type { WebSocketTransport } from "./websocket.js";
import { WebSocketAcceptor } from "./websocket-acceptor.js";

/** Sessions of channel clients. The HTTP server hands it the upgrades of its paths. */
export class Gateway {
  /** Sessions of clients that cannot use a WebSocket. */
  readonly http: HttpEntrance;
  readonly #context: SessionContext;
  readonly #admission: Admission;
  readonly #sessions: Sessions;
  /** What is done to the sessions of users. */
  readonly users: UserSessions;
  /** Who is connected. */
  readonly clients: SessionClients;
  /** Who is in which channel. */
  readonly presences: PresenceView;
  readonly #door: PlainDoor;
  readonly #refusals: Refusals;
  readonly #reviews: Reviews;
  readonly #stopWatching: () => void;
  readonly #codecs = new Codecs();
  readonly #clientAcceptor;
  readonly #plainAcceptor;
  #closing: Promise<void> | undefined;

  constructor(dependencies: GatewayDependencies) {
    const { channels, options, gate } = dependencies;
    this.#context = createContext(dependencies);
    this.#admission = new Admission(options.maxSessions);
    this.#sessions = new Sessions(this.#context, this.#admission);
    const { slowSessions, rooms, limitedLog, changes, counters } = this.#context;
    this.users = new UserSessions(this.#sessions.clients, this.#sessions.plain, channels);
    this.clients = new SessionClients(this.#sessions.all, slowSessions);
    this.presences = new PresenceView(channels, rooms);
    this.#refusals = new Refusals(this.#context);
    const denied = (action: ChannelAction): void => void counters.denied[action]++;
    this.#door = new PlainDoor({ channels, gate, changes, denied, limitedLog });
    this.#reviews = new Reviews(this.#sessions.all, (err) =>
      dependencies.log.error({ err }, "a session could not be reviewed"),
    );
    this.#stopWatching = gate.onChange((change) => {
      changes.changed(change);
      this.#reviews.begin();
    });
    const { maxFrameSize } = options;
    const compression = options.compression && new Compression(options.compression, this.#context.counters);
    this.#clientAcceptor = new WebSocketAcceptor({ maxFrameSize, compression, protocols: subprotocols });
    this.#plainAcceptor = new WebSocketAcceptor({ maxFrameSize, compression, protocols: [] });
    this.http = new HttpEntrance(this.#context, {
      refusal: (request) => this.#refusal(request),
      open: (transport) => this.#sessions.openClient(transport),
    });
  }

  /** An upgrade of `/connection/websocket`: the channel protocol. */
  acceptConnection(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#admission.refusal(request);
    if (refusal) {
      this.#refusals.answer(request, socket, refusal);
      return;
    }
    this.#clientAcceptor.accept(request, socket, head, (transport) => {
      const codec = this.#codecs.of(request, transport.protocol);
      if (codec.binary) transport.sendBinary();
      if (this.#admission.full) this.#turnAway(transport, "connectionLimit");
      else this.#sessions.openClient(transport, codec);
    });
  }

  /** An upgrade of `/v3/{channel}`: one channel, plain frames. */
  acceptPlain(request: IncomingMessage, socket: Duplex, head: Buffer, channel: string): void {
    this.#passPlain(request, channel).then(
      (pass) =>
        this.#plainAcceptor.accept(request, socket, head, (transport) =>
          this.#sessions.openPlain(transport, channel, pass),
        ),
      (error: unknown) => this.#refusals.answerInTime(request, socket, error),
    );
  }

  stats(): GatewayStats {
    const { disconnects, transports, refusedRequests, slowCloses, denied, ...counters } =
      this.#context.counters;
    return {
      sessions: this.#sessions.clients.size,
      plainSessions: this.#sessions.plain.size,
      filters: this.#context.filters.size,
      ...counters,
      disconnects: { ...disconnects },
      transports: { ...transports },
      refusedRequests: { ...refusedRequests },
      slowCloses: { ...slowCloses },
      denied: { ...denied },
    };
  }

  /** Sessions that have not kept up lately, latest first. */
  slowSessions(): SlowSession[] {
    return this.#context.slowSessions.list();
  }

  /** Opens no session from now on; those that are there go on. */
  shut(): void {
    this.#admission.close();
    this.#refusals.close();
  }

  /**
   * Ends every session with code 3001, spread over `window` ms at most, and waits for them to end; `timeout` ms from now it cuts
   * off the rest.
   */
  close(timeout: number, window = 0): Promise<void> {
    this.#closing ??= this.#close(timeout, window);
    return this.#closing;
  }

  async #close(timeout: number, window: number): Promise<void> {
    this.shut();
    await this.#sessions.drain(timeout, window);
    this.#stopWatching();
    this.#reviews.stop();
  }

  async #passPlain(request: IncomingMessage, channel: string): Promise<Pass> {
    this.#checkRoom(request);
    const pass = await this.#door.pass(request, channel);
    this.#checkRoom(request); // that may have taken its time
    return pass;
  }

  #checkRoom(request: IncomingMessage): void {
    const refusal = this.#refusal(request);
    if (refusal) throw new Refused(refusal);
  }

  #refusal(request: IncomingMessage): Refusal | undefined {
    const { full, noRoom } = this.#admission;
    return this.#admission.refusal(request) ?? (full ? noRoom : undefined);
  }

  #turnAway(transport: WebSocketTransport, name: DisconnectName): void {
    const { code, reason } = disconnects[name];
    const { counters, limitedLog } = this.#context;
    counters.disconnected(name);
    limitedLog.warn(`session refused: ${reason}`, { remote: transport.remote, code });
    const end = this.#admission.turnAway(transport);
    transport.listen({ message: () => {}, pong: () => {}, broken: () => {}, end });
    transport.close(code, reason);
  }
}

export function createGateway(dependencies: GatewayDependencies): Gateway {
  return new Gateway(dependencies);
}
