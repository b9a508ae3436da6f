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

/** Says in the log what has ended or soon will: at the start and then daily, and of what was put in place just now. */
export class ExpiryWatch {
  readonly #list: () => readonly Expiring[];
  /** When each ended at the last look, by key. */
  #seen: ReadonlyMap<string, number> = new Map();
  readonly #warnBefore: number;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;

  constructor(list: () => readonly Expiring[], { days, log }: { readonly days: number; readonly log: Log }) {
    this.#list = list;
    this.#warnBefore = days * DAY;
    this.#log = log;
    this.#timer = setInterval(() => this.look(), DAY).unref();
  }

  look(): void {
    this.#tell(this.#list());
  }

  /** Tells of what was put in place since the last look, if it has ended, or ends sooner than what was there: that is no renewal. */
  lookAtNew(): void {
    const now = Date.now();
    const isNews = ({ key, at }: Expiring) => {
      const before = this.#seen.get(key) ?? Number.POSITIVE_INFINITY;
      return at < before || (at > before && at <= now);
    };
    this.#tell(this.#list().filter(isNews));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tell(expiring: readonly Expiring[]): void {
    const now = Date.now();
    this.#seen = new Map(this.#list().map(({ key, at }) => [key, at]));
    for (const { key, file, what, at } of expiring) {
      const days = Math.floor((at - now) / DAY);
      const details = { key, file, until: new Date(at).toISOString(), days };
      if (at <= now) this.#log.error(details, `the ${what} has expired: ${ADVICE[what]}`);
      else if (at - now <= this.#warnBefore)
        this.#log.warn(details, `the ${what} ends soon: ${ADVICE[what]}`);
    }
  }
}
