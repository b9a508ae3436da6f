import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Refusal } from "./refusal.js";

/** Bytes of all bodies together that have not come whole: more than well-behaved clients ever have under way. */
const MOST_HELD = 128 * 1024 ** 2;
/**
 * A body that is this many times too large is read to its end all the same, and dropped: a client that is still sending when its
 * connection is closed may not see the answer.
 */
const READ_TO_THE_END = 16;

/** Reads the bodies of requests, and holds no more of them than it may. */
export class RequestBodies {
  readonly #most: number;
  /** Bytes of bodies that have not come whole. */
  held = 0;

  constructor(most = MOST_HELD) {
    this.#most = most;
  }

  /** The body as text, or why it is refused. Never settles when the client goes away before its end. */
  read(request: IncomingMessage, limit: number): Promise<string | Refusal> {
    const chunks: Buffer[] = [];
    let received = 0;
    let held = 0;
    const release = () => {
      this.held -= held;
      held = 0;
      chunks.length = 0;
    };
    return new Promise((resolve) => {
      request.on("data", (chunk: Buffer) => {
        received += chunk.length;
        const crowded = this.held + chunk.length > this.#most;
        if (crowded) resolve(CROWDED);
        if (received > limit * READ_TO_THE_END) resolve(tooLarge(limit, true));
        if (crowded || received > limit) {
          release();
          return;
        }
        chunks.push(chunk);
        held += chunk.length;
        this.held += chunk.length;
      });
      request.on("end", () => {
        resolve(received > limit ? tooLarge(limit, false) : textOf(Buffer.concat(chunks)));
        release();
      });
      request.on("close", release);
      // The close event follows.
      request.on("error", () => {});
    });
  }
}

const CROWDED: Refusal = {
  status: 503,
  error: "too many requests are under way; try again later",
  closes: true,
};

function tooLarge(limit: number, closes: boolean): Refusal {
  return { status: 413, error: `the body must not be larger than ${limit} bytes`, closes };
}

function textOf(body: Buffer): string | Refusal {
  return isUtf8(body) ? body.toString() : { status: 400, error: "the body must be UTF-8" };
}
