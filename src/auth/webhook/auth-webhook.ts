import type { Logger } from "pino";
import { Denied } from "../../access/denied.js";
import type { Attempt } from "../../access/gate.js";
import { networkOf } from "../../access/network.js";
import type { Principal } from "../../access/principal.js";
import { LimitedLog } from "../../log/limited.js";
import type { Backoff } from "../backoff.js";
import { FairQueue } from "../fair-queue.js";
import { fingerprint } from "../fingerprint.js";
import type { Method } from "../method.js";
import { RecentMap } from "../recent-map.js";
import type { Answer } from "./answer.js";
import { Asker, type AskerOptions } from "./asker.js";
import { questionOf } from "./question.js";
import { UnusableAnswer } from "./unusable-answer.js";

/** The section `authWebhook` of the configuration. */
export interface AuthWebhookOptions extends AskerOptions {
  /** How long an answer holds, in ms. */
  readonly cache: number;
}

export interface AuthWebhookParts {
  readonly options: AuthWebhookOptions;
  /** Asked again at an attempt's turn. */
  readonly backoff: Pick<Backoff, "refuses">;
  readonly log: Logger;
}

interface KeptAnswer {
  readonly answer: Answer;
  readonly until: number;
}

const MOST_KEPT = 10_000;
/** Clients that wait for their turn, for each request under way. */
const WAITING_PER_REQUEST = 10;

/** A server of the operator's that is asked about those whom nobody else knows. */
export class AuthWebhook implements Method {
  readonly name = "authWebhook";
  readonly queue: FairQueue;
  /** By everything that is sent. */
  readonly kept = new RecentMap<KeptAnswer>(MOST_KEPT);
  /** Requests since the start, by outcome, and attempts that needed none. */
  readonly outcomes = { allowed: 0, denied: 0, unavailable: 0 };
  hits = 0;
  shared = 0;
  readonly #parts: AuthWebhookParts;
  readonly #log: LimitedLog;
  readonly #asker: Asker;
  readonly #open = new Map<string, Promise<Answer>>();
  #closed = false;

  constructor(parts: AuthWebhookParts) {
    const { timeout, maxPending } = parts.options;
    this.#parts = parts;
    this.#log = new LimitedLog(parts.log);
    this.#asker = new Asker(parts.options);
    this.queue = new FairQueue({
      what: "asking the authentication webhook",
      atOnce: maxPending,
      most: WAITING_PER_REQUEST * maxPending,
      patience: timeout,
    });
  }

  async admit(attempt: Attempt): Promise<Principal | undefined> {
    const { username, password, token, key } = attempt;
    if ([username, password, token, key].every((one) => one === undefined)) return undefined;
    const answer = await this.#answerTo(attempt);
    if (!answer.allow) throw new Denied("credentials", "the authentication webhook says no");
    return principalOf(answer, username ?? "");
  }

  /** An answer cannot be taken back; its `expiresAt` ends it. */
  stands(): boolean {
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#asker.close();
  }

  async #answerTo(attempt: Attempt): Promise<Answer> {
    const question = questionOf(attempt);
    const key = fingerprint(question);
    const kept = this.kept.get(key);
    if (kept && performance.now() < kept.until) {
      this.hits++;
      return kept.answer;
    }
    const open = this.#open.get(key);
    if (open) {
      this.shared++;
      return open;
    }
    const asked = this.#ask(attempt, question).finally(() => this.#open.delete(key));
    this.#open.set(key, asked);
    const answer = await asked;
    const time = Math.min(this.#parts.options.cache, timeLeft(answer));
    if (time > 0) this.kept.set(key, { answer, until: performance.now() + time });
    return answer;
  }

  #ask(attempt: Attempt, question: string): Promise<Answer> {
    return this.queue.run(networkOf(attempt.peer.address), async () => {
      // Others of the same origin may have failed since this one came: a burst gets no more guesses than a row.
      if (this.#parts.backoff.refuses(attempt))
        throw new Denied("backoff", "too many attempts have failed of late");
      try {
        const answer = await this.#asker.ask(question);
        this.outcomes[answer.allow ? "allowed" : "denied"]++;
        return answer;
      } catch (error) {
        if (!(error instanceof UnusableAnswer)) throw error;
        this.outcomes.unavailable++;
        if (!this.#closed)
          this.#log.error("the authentication webhook gave no answer", { reason: error.message });
        throw new Denied("unavailable", `the authentication webhook: ${error.message}`);
      }
    });
  }
}

/** In ms. What an answer gives leave for is over with it: whoever comes again then is asked about anew. */
function timeLeft({ expiresAt }: Answer): number {
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1_000 - Date.now();
}

function principalOf(answer: Answer, username: string): Principal {
  const { user = username, expiresAt, clientId, info, channels, scopes, rights } = answer;
  return {
    user,
    proof: "webhook",
    expiresAt: expiresAt === undefined ? undefined : Math.floor(expiresAt * 1_000),
    clientId,
    info,
    channels: [...new Set(channels)],
    scopes: new Set(scopes),
    stated: rights && {
      publish: rights.publish,
      subscribe: rights.subscribe,
      channels: new Map(Object.entries(rights.channels).map(([name, may]) => [name, new Set(may)])),
    },
    unrestricted: false,
  };
}
