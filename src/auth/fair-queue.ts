import { Denied } from "../access/denied.js";

export interface FairQueueOptions {
  /** What it is for, in words for the log. */
  readonly what: string;
  readonly atOnce: number;
  /** How many may wait. At the bound the network that has most waiting loses its newest. */
  readonly most: number;
  /** How long one may wait, in ms. */
  readonly patience: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (reason: string) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Costly work for clients that nobody knows yet: so much at once, and of what waits one of each network in turn, so that who asks much
 * holds up nobody else.
 */
export class FairQueue {
  running = 0;
  waiting = 0;
  /** Since the start: turned away at the bound, and after waiting too long. */
  overflows = 0;
  timeouts = 0;
  readonly #options: FairQueueOptions;
  readonly #networks = new Map<string, Waiting[]>();

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Rejects with `Denied` when it is not its turn in time, and else as the work does. */
  async run<Result>(network: string, work: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.#options.atOnce) await this.#turn(network);
    else this.running++;
    try {
      return await work();
    } finally {
      // Later, so that what came of this is known before the next one's turn.
      setImmediate(() => this.#next());
    }
  }

  #turn(network: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const { what, patience } = this.#options;
      const refuse = (reason: string) => {
        clearTimeout(waiting.timer);
        this.#leave(network, waiting);
        reject(new Denied("unavailable", `${what}: ${reason}`));
      };
      const late = () => {
        this.timeouts++;
        refuse(`no turn came within ${patience} ms`);
      };
      const waiting: Waiting = { begin: resolve, refuse, timer: setTimeout(late, patience).unref() };
      this.#enter(network, waiting);
      if (this.waiting > this.#options.most) this.#overflow(network);
    });
  }

  #enter(network: string, waiting: Waiting): void {
    const line = this.#networks.get(network);
    if (line) line.push(waiting);
    else this.#networks.set(network, [waiting]);
    this.waiting++;
  }

  #leave(network: string, waiting: Waiting): void {
    const line = this.#networks.get(network);
    const index = line?.indexOf(waiting) ?? -1;
    if (!line || index === -1) return;
    line.splice(index, 1);
    this.waiting--;
    if (line.length === 0) this.#networks.delete(network);
  }

  /** The place of one that is about to end goes to the network whose last turn is longest ago. */
  #next(): void {
    for (const [network, line] of this.#networks) {
      const waiting = line[0];
      if (!waiting) continue;
      clearTimeout(waiting.timer);
      this.#leave(network, waiting);
      if (this.#networks.delete(network)) this.#networks.set(network, line);
      waiting.begin();
      return;
    }
    this.running--;
  }

  #overflow(newcomer: string): void {
    let longest = this.#networks.get(newcomer) ?? [];
    // A network with more than its share is itself the one; only others are worth the search.
    if (longest.length * this.#networks.size <= this.waiting)
      for (const line of this.#networks.values()) if (line.length > longest.length) longest = line;
    this.overflows++;
    longest.at(-1)?.refuse("too many wait");
  }
}
