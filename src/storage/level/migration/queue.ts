import type { Unacknowledged } from "../../store.js";
import { clientKey, Kind, pageKey } from "../format/keys.js";
import { PageBuilder } from "../format/page-builder.js";
import { seal } from "../format/row.js";
import { encodeState } from "../format/state.js";
import type { Operation } from "../operation.js";
import type { OldPlace } from "./format-1.js";

/** Places with consecutive numbers, either all released or none. */
interface Run {
  readonly first: number;
  count: number;
  readonly released: boolean;
}

/** One queue on its way: what was a row for each message becomes pages and a state. */
export class MigratedQueue {
  readonly clientId: string;
  #page: PageBuilder | undefined;
  /** All places, in order. */
  readonly #runs: Run[] = [];
  /** How many of the runs reach to the last place that was released. */
  #passedRuns = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  /** The next place of the queue; gives the page that is full with that. */
  take({ sequence, message }: OldPlace): Operation[] {
    this.#note(sequence, message === undefined);
    if (!message) return [];
    const full = this.#page && !this.#page.takes(sequence) ? this.#finishPage(this.#page) : [];
    this.#page ??= new PageBuilder(sequence);
    this.#page.add(message, message.qos, message.retain);
    return full;
  }

  /** The rows that are left when all places were taken. */
  finish(): Operation[] {
    const rows = this.#page ? this.#finishPage(this.#page) : [];
    const last = this.#runs[this.#passedRuns - 1];
    if (!last) return rows;
    const key = clientKey(Kind.state, this.clientId);
    const state = {
      passed: last.first + last.count - 1,
      unacknowledged: places(this.#runs.slice(0, this.#passedRuns)),
    };
    rows.push({ type: "put", key, value: seal(key, encodeState(state)) });
    return rows;
  }

  #note(sequence: number, released: boolean): void {
    const last = this.#runs.at(-1);
    if (last?.released === released && last.first + last.count === sequence) last.count++;
    else this.#runs.push({ first: sequence, count: 1, released });
    // A message is released only after it was sent, and so were those before it.
    if (released) this.#passedRuns = this.#runs.length;
  }

  #finishPage(page: PageBuilder): Operation[] {
    this.#page = undefined;
    const key = pageKey(this.clientId, page.first);
    return [{ type: "put", key, value: page.finish(key) }];
  }
}

function* places(runs: readonly Run[]): Generator<Unacknowledged> {
  for (const { first, count, released } of runs)
    for (let sequence = first; sequence < first + count; sequence++) yield { sequence, released };
}
