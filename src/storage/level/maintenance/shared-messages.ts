import { createHash } from "node:crypto";
import type { StoredMessage } from "../../store.js";
import { BlockBuilder } from "../format/block.js";
import { blockKey } from "../format/keys.js";
import type { Reference } from "../format/page.js";
import type { Operation } from "../operation.js";

/** Messages that are remembered, those seen last; one that comes again later than that is stored again. */
const MOST_REMEMBERED = 100_000;

/** Finds messages that several queues hold, so that they are stored once, or twice at most. */
export class SharedMessages {
  /** By what is the same in all queues; undefined: seen once. */
  readonly #seen = new Map<string, Reference | undefined>();
  readonly #write: (operation: Operation) => void;
  #block = new BlockBuilder(1);

  constructor(write: (operation: Operation) => void) {
    this.#write = write;
  }

  /** Where the message stands; undefined when it is the first of its kind, which has no need to be shared. */
  find(message: StoredMessage): Reference | undefined {
    const identity = identityOf(message);
    const isKnown = this.#seen.has(identity);
    const reference = isKnown ? (this.#seen.get(identity) ?? this.#add(message)) : undefined;
    this.#seen.delete(identity);
    this.#seen.set(identity, reference);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return reference;
  }

  /** Writes what was gathered. */
  finish(): void {
    if (this.#block.bytes > 4) this.#close();
  }

  #add(message: StoredMessage): Reference {
    if (this.#block.isFull) this.#close();
    return this.#block.add(message);
  }

  #close(): void {
    const key = blockKey(this.#block.id);
    this.#write({ type: "put", key, value: this.#block.finish(key) });
    this.#block = new BlockBuilder(this.#block.id + 1);
  }
}

function identityOf({ topic, time, payload, properties }: StoredMessage): string {
  const head = JSON.stringify([topic, time, properties?.length ?? -1, payload.length]);
  return createHash("sha256")
    .update(head)
    .update(properties ?? "")
    .update(payload)
    .digest("base64");
}
