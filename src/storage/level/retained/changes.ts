import { topicMatches } from "../../../mqtt/topics.js";
import type { StoredMessage } from "../../store.js";
import { encodeMessage } from "../format/records.js";
import { SEAL, seal } from "../format/row.js";
import type { Operation } from "../operation.js";
import { topicKey } from "./topic-key.js";

/** A topic's new message; undefined: none any more. */
type Group = Map<string, StoredMessage | undefined>;

/** A link in the chain of groups that were written while somebody read. What nobody remembers goes with its link. */
export interface Moment {
  /** What was written next; absent as long as nothing was. */
  group?: Group;
  next?: Moment;
}

/** What is new about topics: gathered, being written, or written since a moment that somebody remembers. */
export class Changes {
  #gathered: Group = new Map();
  #bytes = 0;
  #writing: Group = new Map();
  #now: Moment = {};
  #remembering = 0;
  #version = 0;

  /** Changes that have not been taken, one for each topic. */
  get waiting(): number {
    return this.#gathered.size;
  }

  /** About what they take, in topics and payloads. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Groups that were written. */
  get version(): number {
    return this.#version;
  }

  set(topic: string, message: StoredMessage | undefined): void {
    this.#bytes += sizeOf(topic, message);
    if (this.#gathered.has(topic)) this.#bytes -= sizeOf(topic, this.#gathered.get(topic));
    this.#gathered.set(topic, message);
  }

  /** What is to be written now. What was taken before must have been written. */
  take(): Operation[] {
    this.#writing = this.#gathered;
    this.#gathered = new Map();
    this.#bytes = 0;
    return Array.from(this.#writing, ([topic, message]) => operation(topic, message));
  }

  /** What was taken is in the database. */
  written(): void {
    if (this.#writing.size === 0) return;
    if (this.#remembering > 0) this.#link(this.#writing);
    this.#writing = new Map();
    this.#version++;
  }

  /** The database is being read: what is written from now on is kept, until as many calls of `forget`. */
  remember(): Moment {
    this.#remembering++;
    return this.#now;
  }

  forget(): void {
    this.#remembering--;
  }

  /** Where the topic's newest change is that may not be in the database yet, or has come there after `since`. */
  of(topic: string, since = this.#now): ReadonlyMap<string, StoredMessage | undefined> | undefined {
    if (this.#gathered.has(topic)) return this.#gathered;
    if (this.#writing.has(topic)) return this.#writing;
    let newest: Group | undefined;
    for (let at: Moment | undefined = since; at; at = at.next) if (at.group?.has(topic)) newest = at.group;
    return newest;
  }

  /** What may not be in the database yet, older changes of a topic first. */
  *pending(): Generator<[topic: string, message: StoredMessage | undefined]> {
    yield* this.#writing;
    yield* this.#gathered;
  }

  /** Topics that match and may be missing in the database. */
  added(filter: string): Set<string> {
    const topics = new Set<string>();
    for (const [topic, message] of this.pending())
      if (message && topicMatches(filter, topic)) topics.add(topic);
    return topics;
  }

  #link(group: Group): void {
    const next: Moment = {};
    this.#now.group = group;
    this.#now.next = next;
    this.#now = next;
  }
}

function sizeOf(topic: string, message: StoredMessage | undefined): number {
  return topic.length + (message?.payload.length ?? 0);
}

function operation(topic: string, message: StoredMessage | undefined): Operation {
  const key = topicKey(topic);
  return message
    ? { type: "put", key, value: seal(key, encodeMessage(message, SEAL)) }
    : { type: "del", key };
}
