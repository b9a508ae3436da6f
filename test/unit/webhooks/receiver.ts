import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Teardown } from "../../helpers/teardown.js";

export const SECRET = "a secret of the tests";

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly data: Record<string, unknown>;
}

export interface Request {
  readonly id: string;
  readonly webhook: string;
  readonly sent: number;
  readonly events: readonly ReceivedEvent[];
  readonly headers: IncomingMessage["headers"];
  readonly bytes: number;
}

interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

type Answer = (request: Request, response: ServerResponse) => void;

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end("as told");

/** A receiver of webhooks, which checks every request as its documentation says, and answers as it is told. */
export class Receiver {
  /** Every request that came whole. */
  readonly requests: Request[] = [];
  answer: Answer = status(200);
  connections = 0;
  readonly #faults: unknown[] = [];
  #server: Server | undefined;
  #port = 0;
  #watchers: (() => void)[] = [];

  readonly #tls: Certificate | undefined;

  private constructor(tls: Certificate | undefined) {
    this.#tls = tls;
  }

  static async start(t: Teardown, tls?: Certificate): Promise<Receiver> {
    const receiver = new Receiver(tls);
    await receiver.open();
    t.after(async () => {
      await receiver.close();
      assert.deepEqual(receiver.#faults, []);
    });
    return receiver;
  }

  get url(): string {
    return `${this.#tls ? "https" : "http"}://127.0.0.1:${this.#port}/hook?key=value`;
  }

  /** Comes back at the same address. */
  async open(): Promise<void> {
    const take = (request: IncomingMessage, response: ServerResponse) => this.#take(request, response);
    const server = this.#tls ? createSecureServer(this.#tls, take) : createServer(take);
    server.on("connection", () => this.connections++);
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Goes away, with every connection. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#server?.closeAllConnections();
    await closed;
  }

  /** The events of requests that were answered with 200, in order. */
  readonly taken: ReceivedEvent[] = [];

  get texts(): unknown[] {
    return this.taken.map(({ data }) => data.payload ?? data.channel);
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #take(message: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("error", () => undefined);
    message.on("end", () => {
      try {
        const request = read(message, Buffer.concat(chunks));
        this.requests.push(request);
        response.once("close", () => {
          if (response.statusCode === 200 && response.writableFinished) this.taken.push(...request.events);
          this.#look();
        });
        this.answer(request, response);
        this.#look();
      } catch (error) {
        this.#faults.push(error);
        response.writeHead(500).end();
      }
    });
  }

  #look(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

function read({ method, url, headers }: IncomingMessage, body: Buffer): Request {
  assert.deepEqual([method, url], ["POST", "/hook?key=value"]);
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["content-length"], String(body.length));
  assert.match(String(headers["user-agent"]), /^causeway\//);
  const [, seconds = "", signature] =
    /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["causeway-signature"])) ?? [];
  const expected = createHmac("sha256", SECRET).update(`${seconds}.`).update(body).digest("hex");
  assert.equal(signature, expected);
  const { id, webhook, sent, events, ...more } = JSON.parse(body.toString());
  assert.deepEqual(more, {});
  assert.equal(Math.floor(sent / 1_000), Number(seconds));
  assert.deepEqual([headers["causeway-batch"], headers["causeway-webhook"]], [id, webhook]);
  assert.ok(events.length > 0);
  for (const { id: event, type, time, data, ...rest } of events) {
    assert.match(event, /^[0-9a-f-]{36}$/);
    assert.match(type, /^[a-z]+(\.[a-z]+)?$/);
    assert.ok(Math.abs(time - Date.now()) < 60_000 && typeof data === "object");
    assert.deepEqual(rest, {});
  }
  return { id, webhook, sent, events, headers, bytes: body.length };
}
