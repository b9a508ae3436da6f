/** Something of the configuration that ends at a time. */
export interface Expiring {
  /** The configuration key of the file. */
  readonly key: string;
  readonly file: string;
  /** What it is, for the log. */
  readonly what: "certificate" | "authority" | "revocation list";
  /** Ms since 1970. */
  readonly at: number;
}

interface Log {
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

const DAY = 86_400_000;

/** What is to be done about it. */
const ADVICE: Readonly<Record<Expiring["what"], string>> = {
  certificate:
    "clients refuse it from then on; put a new one and its key in place, they are read without a restart",
  authority:
    "its clients are refused from then on; put a new one in place beside it, it is read without a restart",
  "revocation list":
    "from then on all clients of its authority are refused; put a newer one in place, it is read without a restart",
};

/** Says in the log, at the start and then daily, what has ended or soon will. */
export class ExpiryWatch {
  readonly #list: () => readonly Expiring[];
  readonly #warnBefore: number;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;

  constructor(list: () => readonly Expiring[], { days, log }: { readonly days: number; readonly log: Log }) {
    this.#list = list;
    this.#warnBefore = days * DAY;
    this.#log = log;
    this.#timer = setInterval(() => this.look(), DAY).unref();
  }

  look(now = Date.now()): void {
    for (const { key, file, what, at } of this.#list()) {
      const days = Math.floor((at - now) / DAY);
      const details = { key, file, until: new Date(at).toISOString(), days };
      if (at <= now) this.#log.error(details, `the ${what} has expired: ${ADVICE[what]}`);
      else if (at - now <= this.#warnBefore)
        this.#log.warn(details, `the ${what} ends soon: ${ADVICE[what]}`);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
