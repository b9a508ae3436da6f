import { Client } from "../clients/client.js";
import type { Endpoint } from "../wire/endpoint.js";

/** Filters in one SUBSCRIBE. */
const BATCH = 100;
/** Kinds of filters that are near what is published to, and do not match it: topics are `bench/FLOW/PUBLISHER`. */
const KINDS: readonly ((number: number) => string)[] = [
  (number) => `bench/0001/other-${number}`,
  (number) => `bench/site-${number}/0001`,
  (number) => `bench/+/other-${number}`,
  (number) => `bench/0001/+/other-${number}`,
  (number) => `+/0001/other-${number}`,
  (number) => `bench/+/other-${number}/#`,
];

/** Clients with filters that nothing matches. */
export class Ballast {
  readonly #clients: Client[] = [];
  #filters = 0;

  static async open(endpoint: Endpoint, clients: number, onLost: (reason: string) => void): Promise<Ballast> {
    const ballast = new Ballast();
    for (let number = 1; number <= clients; number++) {
      const name = `holder-${number}`;
      const client = await Client.open(endpoint, { name });
      client.link.onLost = (reason) => onLost(`${name} lost its connection: ${reason}`);
      ballast.#clients.push(client);
    }
    return ballast;
  }

  /** Subscribes up to a number of filters in all. */
  async growTo(filters: number): Promise<void> {
    const { length } = this.#clients;
    for (let turn = 0; this.#filters < filters; turn = (turn + 1) % length) {
      const size = Math.min(BATCH, Math.ceil((filters - this.#filters) / length));
      const list = Array.from({ length: size }, (_, index) => filterOf(this.#filters + index));
      this.#filters += size;
      await this.#clients[turn]?.subscribe(list, 0);
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}

function filterOf(number: number): string {
  const kind = KINDS[number % KINDS.length];
  return kind?.(number) ?? `bench/other-${number}`;
}
