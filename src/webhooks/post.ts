import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";

/** What is read of an answer. */
export const MOST_READ = 64 * 1024;
/** What a log shows of it. */
const MOST_SHOWN = 200;

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** How it begins. */
  readonly text: string;
  /** Undefined when it did not come whole, or is larger than {@link MOST_READ}. */
  readonly body: Buffer | undefined;
}

/** Posts to one address, over so many connections at a time. Redirects are answers as others are. */
export class Poster {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #request: typeof requestHttp;

  constructor(url: URL, maxSockets = 1) {
    const isSecure = url.protocol === "https:";
    const options = { keepAlive: true, maxSockets };
    this.#url = url;
    this.#agent = isSecure ? new SecureAgent(options) : new Agent(options);
    this.#request = isSecure ? requestHttps : requestHttp;
  }

  /** @throws when there was no answer. */
  post(post: Post): Promise<Answer> {
    const { headers, body, timeout, signal } = post;
    return new Promise((resolve, reject) => {
      const length = { "content-length": String(body.length) };
      const options = { method: "POST", headers: { ...headers, ...length }, agent: this.#agent, signal };
      const request = this.#request(this.#url, options);
      const late = () => request.destroy(new Error(`no answer within ${timeout} ms`));
      const timer = setTimeout(late, timeout);
      request.once("close", () => clearTimeout(timer));
      const failed = (error: NodeJS.ErrnoException) => {
        // The receiver closed an idle connection just as it was taken for this.
        if (request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(error.code ?? "")) resolve(this.post(post));
        else reject(error);
      };
      request.once("error", failed);
      request.once("response", (response) => {
        request.off("error", failed).on("error", () => undefined);
        read(response, resolve);
      });
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** However the rest of an answer fares: its status is known. */
function read(response: IncomingMessage, done: (answer: Answer) => void): void {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_READ) response.destroy();
  });
  response.on("error", () => undefined);
  response.once("close", () => {
    const all = Buffer.concat(chunks);
    done({
      status,
      retryAfter: headers["retry-after"],
      text: all.toString("latin1", 0, MOST_SHOWN),
      body: response.complete && bytes <= MOST_READ ? all : undefined,
    });
  });
}
