import { version } from "../../version.js";
import { MOST_READ, Poster } from "../../webhooks/post.js";
import { signatureOf } from "../../webhooks/signature.js";
import { type Answer, parseAnswer } from "./answer.js";
import { UnusableAnswer } from "./unusable-answer.js";

export interface AskerOptions {
  readonly url: string;
  /** Signs what is sent. */
  readonly secret?: string | undefined;
  /** For the whole of a request, in ms. */
  readonly timeout: number;
  /** Requests at a time. */
  readonly maxPending: number;
}

/** Asks one server over HTTP. */
export class Asker {
  readonly #options: AskerOptions;
  readonly #poster: Poster;
  readonly #open = new Set<AbortController>();

  constructor(options: AskerOptions) {
    this.#options = options;
    this.#poster = new Poster(new URL(options.url), options.maxPending);
  }

  /** Rejects with `UnusableAnswer` when there is none. */
  async ask(question: string): Promise<Answer> {
    const { secret, timeout } = this.#options;
    const body = Buffer.from(question);
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      "user-agent": `causeway/${version}`,
      ...(secret === undefined ? {} : { "causeway-signature": signatureOf(body, secret, Date.now()) }),
    };
    const { status, body: text } = await this.#post(headers, body, timeout);
    if (status !== 200) throw new UnusableAnswer(`it answered with status ${status}${hintOf(status)}`);
    if (!text) throw new UnusableAnswer(`its answer broke off, or is larger than ${MOST_READ / 1024} KiB`);
    return parseAnswer(text);
  }

  close(): void {
    for (const request of this.#open) request.abort();
    this.#poster.close();
  }

  async #post(headers: Record<string, string>, body: Buffer, timeout: number) {
    // The poster's own time begins anew when it has to send again over another connection; this does not.
    const request = new AbortController();
    this.#open.add(request);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      request.abort();
    }, timeout);
    const late = () => new UnusableAnswer(`there was no answer within ${timeout} ms (authWebhook.timeout)`);
    try {
      const answer = await this.#poster.post({ headers, body, timeout: 2 * timeout, signal: request.signal });
      if (isLate) throw late();
      return answer;
    } catch (error) {
      throw isLate ? late() : new UnusableAnswer(`it cannot be reached: ${(error as Error).message}`);
    } finally {
      clearTimeout(timer);
      this.#open.delete(request);
    }
  }
}

function hintOf(status: number): string {
  if (status >= 300 && status < 400) return "; redirects are not followed, name the address itself";
  if (status === 401 || status === 403)
    return '; is the secret the same on both sides? A client is refused with status 200 and {"allow": false}';
  return "";
}
