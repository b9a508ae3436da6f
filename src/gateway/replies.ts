import type { Counters } from "./counters.js";
import type { Fault } from "./fault.js";
import type { Outbox } from "./outbox.js";

/** What a session of the channel protocol is told, apart from publications. */
export class Replies {
  readonly #outbox: Outbox;
  readonly #counters: Counters;

  constructor(outbox: Outbox, counters: Counters) {
    this.#outbox = outbox;
    this.#counters = counters;
  }

  /** Answers a command. `result` is the inside of a JSON object. */
  result(id: number, method: string, result = ""): void {
    // A `send` has no id: nobody waits for the answer.
    if (id > 0) this.#outbox.append(Buffer.from(`{"id":${id},"${method}":{${result}}}`));
  }

  refuse(id: number, fault: Fault): void {
    this.#counters.errors++;
    if (id > 0) this.#outbox.append(Buffer.from(JSON.stringify({ id, error: fault })));
  }

  /** `body` is what the push holds, as `{unsubscribe: {...}}`, with the channel it is about. */
  push(body: object): void {
    this.#outbox.append(Buffer.from(JSON.stringify({ push: body })));
  }

  /** The same of JSON text: the inside of an object. */
  pushRaw(body: string): void {
    this.#outbox.append(Buffer.from(`{"push":{${body}}}`));
  }
}
