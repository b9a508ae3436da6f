import { protocols } from "../protocols/index.js";
import type { Protocol, QoS } from "../protocols/protocol.js";
import type { Endpoint } from "../wire/endpoint.js";
import { Inbox } from "../wire/inbox.js";
import { Link } from "../wire/link.js";

/** A server that asks at once whether a client is there has done so by then. */
const FIRST_PING_MS = 5_000;

export interface ClientOptions {
  readonly name: string;
  /** Whether its session outlives its connection, where the protocol has such sessions. */
  readonly kept?: boolean;
}

/** A client that has come in, before it knows what a delivery looks like. */
export class Client {
  readonly link: Link;
  readonly inbox: Inbox;
  readonly #firstPing: Promise<void>;

  private constructor(link: Link, inbox: Inbox) {
    this.link = link;
    this.inbox = inbox;
    link.onLost = (reason) => this.inbox.fail(reason);
    this.#firstPing = new Promise((resolve) => {
      this.inbox.onPing = () => {
        this.answerPing();
        resolve();
      };
    });
  }

  static async open(endpoint: Endpoint, { name, kept = false }: ClientOptions): Promise<Client> {
    const inbox = new Inbox(protocols[endpoint.protocol]);
    const client = new Client(await Link.open(endpoint, inbox), inbox);
    try {
      await client.protocol.connect(client, name, kept);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  get protocol(): Protocol {
    return this.link.protocol;
  }

  send(message: Buffer): void {
    this.link.write(this.link.wrap(message));
  }

  subscribe(filters: readonly string[], qos: QoS): Promise<void> {
    return this.protocol.subscribe(this, filters, qos);
  }

  /** Resolves when the server will send nothing but deliveries for as long as a benchmark takes. */
  async settle(): Promise<void> {
    if (!this.protocol.pingsFirst) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("the server did not ping a new client")), FIRST_PING_MS);
    });
    await Promise.race([this.#firstPing, late]).finally(() => clearTimeout(timer));
  }

  answerPing(): void {
    const answer = this.protocol.ping?.answer;
    if (answer !== undefined) this.send(Buffer.from(answer));
  }

  close(): void {
    this.link.close();
  }
}
