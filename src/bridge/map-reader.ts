import type { MapPage, MapReading, Position } from "../gateway/channels.js";
import { MapUpdate } from "../gateway/map-update.js";
import type { PublicationHeader } from "../gateway/publication.js";
import type { Filter } from "../gateway/shaping/filter.js";
import type { Held, LastValues } from "./last-values.js";

/** What it costs to pass over a value that is not wanted, in bytes of one that is. */
const PASSED_OVER = 16;

/** Gives the values of a channel page by page, and what has changed meanwhile. */
export class MapReader implements MapReading {
  readonly position: Position;
  readonly follow: () => void;
  readonly #values: LastValues;
  readonly #channel: string;
  readonly #header: PublicationHeader;
  readonly #held: Iterator<Held>;

  constructor(values: LastValues, channel: string, header: PublicationHeader, follow: () => void) {
    this.#values = values;
    this.#channel = channel;
    this.#header = header;
    this.follow = follow;
    this.position = { epoch: values.epoch, offset: values.updates };
    this.#held = values.held(channel)[Symbol.iterator]();
  }

  state(limit: number, bytes: number, filter?: Filter): MapPage | undefined {
    if (this.#values.epoch !== this.position.epoch) return undefined;
    const { offset } = this.position;
    const updates: MapUpdate[] = [];
    for (let size = 0; updates.length < limit && size < bytes; ) {
      const next = this.#held.next();
      if (next.done) return { updates, offset, complete: true };
      const { value, update } = next.value;
      // What has been updated or removed since comes with the changes.
      if (value === undefined || update > offset) continue;
      if (filter && !filter.wants(value)) size += PASSED_OVER;
      else size += this.#add(updates, this.#updateOf(next.value));
    }
    return { updates, offset, complete: false };
  }

  changes(after: Position, limit: number, bytes: number, filter?: Filter): MapPage | undefined {
    if (this.#values.epoch !== after.epoch) return undefined;
    const changed = this.#values.changedSince(this.#channel, after.offset);
    if (!changed) return undefined;
    const updates: MapUpdate[] = [];
    let size = 0;
    for (const held of changed) {
      if (updates.length >= limit || size >= bytes) {
        const last = updates.at(-1)?.offset ?? after.offset;
        return { updates, offset: last, complete: false };
      }
      const update = this.#updateOf(held);
      const wanted = filter ? filter.narrow(update) : update;
      if (wanted) size += this.#add(updates, wanted);
    }
    return { updates, offset: this.#values.updates, complete: true };
  }

  #updateOf({ topic, update, value }: Held): MapUpdate {
    return new MapUpdate(this.#header, { topic, offset: update, content: value });
  }

  #add(updates: MapUpdate[], update: MapUpdate): number {
    updates.push(update);
    return update.json.length;
  }
}
