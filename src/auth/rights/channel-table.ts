import { fill, type Slotted, type Value } from "./template.js";

interface Entry {
  readonly rest: Slotted;
  readonly open: boolean;
  readonly denied: number;
  readonly allowed: number;
}

export interface ChannelVerdict {
  allowed: number;
  denied: number;
}

/** Names of channels, found by the text that they begin with. */
export class ChannelTable {
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #lengths = new Set<number>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add(name: Slotted, open: boolean, { allowed, denied }: Readonly<ChannelVerdict>): void {
    const [first, ...more] = name;
    const start = typeof first === "string" ? first : "";
    const rest = typeof first === "string" ? more : name;
    const entries = this.#entries.get(start) ?? new Map<string, Entry>();
    this.#entries.set(start, entries);
    this.#lengths.add(start.length);
    const key = JSON.stringify([rest, open]);
    const known = entries.get(key) ?? { allowed: 0, denied: 0 };
    entries.set(key, { rest, open, allowed: known.allowed | allowed, denied: known.denied | denied });
  }

  /** Adds what is said of a channel. */
  look(name: string, values: readonly Value[], verdict: ChannelVerdict): void {
    for (const length of this.#lengths) {
      if (length > name.length) continue;
      for (const entry of this.#entries.get(name.slice(0, length))?.values() ?? []) {
        const { rest, open, allowed, denied } = entry;
        const text = fill(rest, values);
        // What must not be filled in could have meant any of the channels that begin so, and is taken for all where it denies.
        if (text === null) verdict.denied |= denied;
        else if (text !== undefined && isNamed(name, length, text, open)) {
          verdict.allowed |= allowed;
          verdict.denied |= denied;
        }
      }
    }
  }
}

function isNamed(name: string, start: number, rest: string, open: boolean): boolean {
  return open ? name.startsWith(rest, start) : name.length === start + rest.length && name.endsWith(rest);
}
