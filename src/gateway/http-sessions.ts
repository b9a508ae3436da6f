import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { reconnects } from "./codes.js";
import type { HttpExchange } from "./http-exchange.js";
import { HttpTransport } from "./http-transport.js";
import type { Refusal } from "./refusal.js";
import { httpStreamFormat, type StreamFormat, sseFormat } from "./stream-format.js";

/** Ended sessions that are remembered; older ones are forgotten. */
const MAX_ENDED = 1_024;

export interface HttpSessionsOptions {
  readonly maxFrameSize: number;
  /** Why no session can be opened now, or undefined when one can. */
  readonly refusal: (request: IncomingMessage) => Refusal | undefined;
  readonly open: (transport: HttpTransport) => void;
}

/** Sessions of clients that are told things by a response that goes on, and send by requests beside it. */
export class HttpSessions {
  /** Another one each time that the server is started. */
  readonly node = randomBytes(8).toString("hex");
  readonly #options: HttpSessionsOptions;
  /** By the key that only its client knows: 128 random bits are not guessed, so it needs no comparison in constant time. */
  readonly #transports = new Map<string, HttpTransport>();
  /** Those that were ended for good. */
  readonly #ended = new Set<string>();

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  /** POST /connection/http_stream: the body holds the first commands. */
  openStream(exchange: HttpExchange): void {
    exchange.unlessBody(this.#options.maxFrameSize, (commands) => {
      if (commands.trim() === "") return { status: 400, error: "the body must be the connect command" };
      return this.#open(exchange, httpStreamFormat, commands);
    });
  }

  /** GET /connection/sse?cf_connect=COMMAND. */
  openEvents(exchange: HttpExchange): void {
    exchange.unless(() => {
      const { searchParams } = new URL(`http://localhost${exchange.request.url}`);
      const command = searchParams.get("cf_connect") ?? "";
      // Any page can have a browser send a GET: it must not do more than connect.
      if (command === "" || command.includes("\n"))
        return {
          status: 400,
          error: "the query must be cf_connect=COMMAND, where COMMAND is connect as JSON",
        };
      return this.#open(exchange, sseFormat, command);
    });
  }

  /** The client's end of a session; undefined once it is gone. */
  find(session: string): HttpTransport | undefined {
    return this.#transports.get(session);
  }

  /** Whether the session is gone and its client has been told to stay away, which may still be on its way. */
  hasEnded(session: string): boolean {
    return this.#ended.has(session);
  }

  #open({ request, response }: HttpExchange, format: StreamFormat, commands: string): Refusal | undefined {
    if (response.destroyed) return undefined; // the client is gone already
    // Nobody would tell when the client goes while its response waits for the one before it on the connection.
    if (response.socket === null)
      return {
        status: 400,
        error: "wait for the response before you send another request on the connection",
      };
    const { maxFrameSize, refusal, open } = this.#options;
    const refused = refusal(request);
    if (refused) return refused;
    const transport = new HttpTransport(request, response, { format, node: this.node, maxFrameSize });
    const { session } = transport.emulated;
    this.#transports.set(session, transport);
    response.once("close", () => {
      this.#transports.delete(session);
      if (!reconnects(transport.code)) this.#remember(session);
    });
    open(transport);
    transport.receive(commands);
    return undefined;
  }

  #remember(session: string): void {
    this.#ended.add(session);
    const [oldest = ""] = this.#ended;
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(oldest);
  }
}
