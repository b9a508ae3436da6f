import type { QoS, QueuedMessage, QueueState, StoredMessage, StoredQueue } from "../store.js";
import type { Blocks } from "./blocks.js";
import { clientKey, Kind, pageKey } from "./format/keys.js";
import { blocksOf, countOf, type Reference } from "./format/page.js";
import { PageBuilder } from "./format/page-builder.js";
import { seal } from "./format/row.js";
import { encodeState } from "./format/state.js";
import type { Operation } from "./operation.js";
import { PageList, type StoredPage } from "./page-list.js";
import type { PageReader } from "./page-reader.js";

const NO_BLOCKS: readonly number[] = [];
/** Pages looked at in one go when those that can go are looked for. */
const MOST_LOOKED_AT = 8;

export interface QueueContext {
  readonly blocks: Blocks;
  readonly reader: PageReader;
  /** The queue has something for the group that is gathered now. */
  gather(queue: LevelQueue): void;
  onFailure(clientId: string, error: unknown): void;
}

/** The queue of one session: pages of messages, and one row for its state. */
export class LevelQueue implements StoredQueue {
  readonly clientId: string;
  owner: QueueState | undefined;
  readonly #context: QueueContext;
  readonly #pages: PageList;
  #attached = false;
  /** Pages for the next group; the last one may still grow. */
  #gathered: PageBuilder[] = [];
  /** Unknown pages that turned out to be done with. */
  #done: StoredPage[] = [];
  #isChanged = false;
  #isGathering = false;
  #isLooking = false;
  #removed = false;

  constructor(clientId: string, context: QueueContext, pages = new PageList()) {
    this.clientId = clientId;
    this.#context = context;
    this.#pages = pages;
  }

  set attached(attached: boolean) {
    this.#attached = attached;
    if (attached) return;
    this.#pages.forget(this.#done);
    this.#done = [];
    this.#context.reader.forget(this);
  }

  get attached(): boolean {
    return this.#attached;
  }

  read(after: number, limit: number, mostBytes?: number): Promise<QueuedMessage[]> {
    return this.#context.reader.read(this, after, limit, mostBytes);
  }

  changed(): void {
    this.#isChanged = true;
    this.#gather();
  }

  /** Adds a message, or a reference to one that stands in a block. */
  add(sequence: number, message: StoredMessage | Reference, qos: QoS, retain: boolean): void {
    if (this.#removed) return;
    let page = this.#gathered.at(-1);
    if (!page?.takes(sequence)) {
      page = new PageBuilder(sequence);
      this.#gathered.push(page);
    }
    if (!("block" in message)) page.add(message, qos, retain);
    else if (page.addReference(message, qos, retain)) this.#context.blocks.hold(message.block);
    this.#gather();
  }

  /** Hands over what was gathered. The pages are to be given to `written` when they are on the disk. */
  take(operations: Operation[]): readonly PageBuilder[] {
    this.#isGathering = false;
    const pages = this.#gathered;
    this.#gathered = [];
    for (const page of pages) {
      const key = pageKey(this.clientId, page.first);
      operations.push({ type: "put", key, value: page.finish(key) });
    }
    if (this.#isChanged && this.owner) this.#takeState(this.owner, operations);
    return pages;
  }

  /** A client that is behind reads pages in order: they need not be looked for when they are done with. */
  seen(first: number, value: Buffer): void {
    if (!this.#attached || !this.#pages.isNext(first)) return;
    const page = { first, last: first + countOf(value) - 1, blocks: blocksOf(value) };
    this.#pages.takeUnknown(page);
    this.#pages.keep(page);
  }

  written({ first, last, blocks }: PageBuilder): void {
    if (!this.#removed) this.#pages.add({ first, last, blocks }, this.#attached);
  }

  /** Its session is being removed: it asks for nothing more. */
  remove(): void {
    this.#removed = true;
    this.owner = undefined;
    for (const { blocks } of this.#gathered) this.#context.blocks.release(blocks);
    this.#gathered = [];
    this.#done = [];
    this.#context.reader.forget(this);
  }

  #gather(): void {
    if (this.#isGathering || this.#removed) return;
    this.#isGathering = true;
    this.#context.gather(this);
  }

  #takeState(owner: QueueState, operations: Operation[]): void {
    this.#isChanged = false;
    const key = clientKey(Kind.state, this.clientId);
    operations.push({ type: "put", key, value: seal(key, encodeState(owner)) });
    for (const page of this.#done) this.#delete(page, operations);
    if (this.#done.length > 0) this.#done = [];
    const doneUpTo = lastDone(owner);
    for (let page = this.#pages.takeFirst(doneUpTo); page; page = this.#pages.takeFirst(doneUpTo))
      this.#delete(page, operations);
    // One message that is never acknowledged must not keep the pages after its own.
    if (this.#pages.isLong)
      for (const page of this.#pages.takeAll(doneTest(owner))) this.#delete(page, operations);
    this.#look(owner);
  }

  #delete({ first, blocks }: StoredPage, operations: Operation[]): void {
    operations.push({ type: "del", key: pageKey(this.clientId, first) });
    this.#context.blocks.release(blocks);
    this.#context.reader.removed(this, first);
  }

  /** Looks for pages that are not known and can go. */
  #look(owner: QueueState): void {
    const from = this.#pages.unknownFrom(owner.passed);
    if (from === undefined || this.#isLooking) return;
    this.#isLooking = true;
    this.#lookFrom(from, owner)
      .catch((error) => {
        this.#context.onFailure(this.clientId, error);
        return false;
      })
      .then((again) => {
        this.#isLooking = false;
        if (again) this.changed();
      });
  }

  /** Whether there is something to be removed, or to be looked for again. */
  async #lookFrom(from: number, owner: QueueState): Promise<boolean> {
    const { unknown: expected, changes } = this.#pages;
    const rows = await this.#context.reader.rows(this.clientId, from, MOST_LOOKED_AT);
    if (this.#removed) return false;
    if (changes !== this.#pages.changes) return true;
    const isDone = doneTest(owner);
    let taken = 0;
    for (const { first, value } of rows) {
      // What cannot be read stays for whoever looks after the damage.
      const last = value ? first + countOf(value) - 1 : first;
      const page = { first, last, blocks: value ? blocksOf(value) : NO_BLOCKS };
      if (last > owner.passed || !this.#pages.hasRoom) {
        this.#pages.found(page);
        break;
      }
      this.#pages.takeUnknown(page);
      taken++;
      if (value && isDone(page)) this.#done.push(page);
      else if (value) this.#pages.keep(page);
    }
    if (rows.length === taken && taken < MOST_LOOKED_AT) this.#pages.missing(expected - taken);
    return taken > 0;
  }
}

/** Whether a page holds nothing any more that its client has to get or to acknowledge. */
function doneTest({ passed, unacknowledged }: QueueState): (page: StoredPage) => boolean {
  const open = Array.from(unacknowledged, ({ sequence }) => sequence);
  return ({ first, last }) =>
    last <= passed && !open.some((sequence) => sequence >= first && sequence <= last);
}

/** The number up to which every message is acknowledged, dropped or expired. */
function lastDone({ passed, unacknowledged }: QueueState): number {
  for (const { sequence } of unacknowledged) return sequence - 1;
  return passed;
}
