import type { Admission } from "./admission.js";
import { ClientSession } from "./client-session.js";
import type { Codec } from "./codec.js";
import { Drain } from "./drain.js";
import type { Pass } from "./plain-door.js";
import { PlainSession } from "./plain-session.js";
import type { Session } from "./session.js";
import type { SessionContext } from "./session-context.js";
import type { Transport } from "./transport.js";

/** The sessions of a gateway, from their opening to the end. */
export class Sessions {
  /** By their identifiers. */
  readonly all = new Map<string, Session>();
  /** Of the channel protocol. */
  readonly clients = new Set<ClientSession>();
  /** Bare WebSockets. */
  readonly plain = new Set<PlainSession>();
  readonly #context: SessionContext;
  readonly #admission: Admission;
  #idle: (() => void) | undefined;

  constructor(context: SessionContext, admission: Admission) {
    this.#context = context;
    this.#admission = admission;
  }

  openClient(transport: Transport, codec?: Codec): void {
    const leave = this.#admission.enter();
    const { transports } = this.#context.counters;
    const ended = (): void => {
      leave();
      transports[transport.name]--;
      this.#ended(this.clients, session);
    };
    const session = new ClientSession(this.#context, transport, ended, codec);
    transports[transport.name]++;
    this.#opened(this.clients, session, transport);
  }

  openPlain(transport: Transport, channel: string, pass: Pass): void {
    const leave = this.#admission.enter();
    const session: PlainSession = new PlainSession(this.#context, transport, channel, pass, () => {
      leave();
      this.#ended(this.plain, session);
    });
    this.#opened(this.plain, session, transport);
    session.start();
  }

  /**
   * Ends every session with code 3001, spread over `window` ms at most, and waits for them to end; `timeout` ms from now it cuts
   * off the rest.
   */
  async drain(timeout: number, window: number): Promise<void> {
    const sessions = [...this.all.values()];
    if (sessions.length === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const drain = new Drain(sessions, window);
    const cutOff = setTimeout(() => {
      for (const session of sessions) session.terminate();
    }, timeout);
    await idle;
    drain.stop();
    clearTimeout(cutOff);
  }

  #opened<S extends Session>(set: Set<S>, session: S, transport: Transport): void {
    const { name, remote } = transport;
    set.add(session);
    this.all.set(session.id, session);
    this.#context.counters.opened++;
    this.#context.log.debug({ session: session.id, remote, transport: name }, "session opened");
    transport.listen(session);
  }

  #ended<S extends Session>(set: Set<S>, session: S): void {
    set.delete(session);
    this.all.delete(session.id);
    if (this.all.size === 0) this.#idle?.();
  }
}
