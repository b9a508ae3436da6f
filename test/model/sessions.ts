import { NEVER } from "./clock.js";
import { type Attachment, Session } from "./session.js";

/** The sessions that one client identifier has had, one after the other, and the connection it has now. */
export class Sessions {
  readonly all: Session[] = [];
  readonly #clientId: string;
  #last: Attachment | undefined;
  #connections = 0;

  constructor(clientId: string) {
    this.#clientId = clientId;
  }

  get current(): Session | undefined {
    return this.all.at(-1);
  }

  /** The connection, while there is one. */
  get attachment(): Attachment | undefined {
    return this.#last?.closedAt === NEVER ? this.#last : undefined;
  }

  /** Of the last connection. */
  get number(): number {
    return this.#connections;
  }

  /** CONNECT goes out: it may end the session [MQTT-3.1.2-6]. */
  connecting(clean: boolean, at: number): void {
    const { current } = this;
    if (current?.alive && clean) current.endedAt = at;
  }

  /** CONNACK has come: the session goes on, or a new one begins. */
  connected(clean: boolean, connectSentAt: number, connackAt: number): Attachment {
    const { current } = this;
    const resumed = current?.alive === true;
    const session = resumed ? current : new Session(this.#clientId, !clean);
    if (!resumed) this.all.push(session);
    const number = ++this.#connections;
    const attachment = { number, connectSentAt, connackAt, resumed, closedAt: NEVER };
    session.attachments.push(attachment);
    this.#last = attachment;
    return attachment;
  }

  /** The connection is gone, and with it a session that is clean. */
  disconnected(at: number): void {
    const { current, attachment } = this;
    if (attachment) attachment.closedAt = at;
    if (current?.alive && !current.kept) current.endedAt = at;
  }
}
