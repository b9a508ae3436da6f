import type { Level } from "level";
import { clientEnd, isClientKey, type Kind, kindRange } from "./format/keys.js";
import { isIntact } from "./format/row.js";

/** A row as the database gives it. */
type Entry = readonly [key: Buffer, value: Buffer];

interface RowIterator {
  nextv(size: number): Promise<[Buffer, Buffer][]>;
  close(): Promise<void>;
}

const BATCH = 1_000;
const BATCH_BYTES = 256 * 1024;

/** The rows of one kind, gone through once, client by client in the order of the keys. */
export class ClientRows {
  readonly #iterator: RowIterator;
  readonly #onDamage: (key: Buffer) => void;
  #rows: readonly Entry[] = [];
  #next = 0;
  /** Keys of rows whose clients were passed over. */
  readonly orphans: Buffer[] = [];

  constructor(level: Level<Buffer, Buffer>, kind: Kind, onDamage: (key: Buffer) => void) {
    this.#iterator = level.iterator({ ...kindRange(kind), highWaterMarkBytes: BATCH_BYTES });
    this.#onDamage = onDamage;
  }

  /** The key of the next row, whosever it is, and its value if that is sound. */
  async next(): Promise<readonly [key: Buffer, value?: Buffer] | undefined> {
    const row = await this.#peek();
    if (!row) return undefined;
    this.#next++;
    return this.#isSound(row) ? row : [row[0]];
  }

  /**
   * Goes through the rows of the client whose key this is; clients before it are passed over. `passOver` is given the keys
   * of damaged rows.
   */
  async each(
    clientKey: Buffer,
    take: (row: Entry) => void,
    passOver: (key: Buffer) => void = () => undefined,
  ): Promise<void> {
    for (let row = await this.#peek(); row; row = await this.#peek()) {
      const order = compareClients(row[0], clientKey);
      if (order > 0) return;
      this.#next++;
      const isSound = this.#isSound(row);
      if (order === 0) isSound ? take(row) : passOver(row[0]);
      else if (isSound) this.orphans.push(row[0]);
    }
  }

  /** Passes over those that are left. */
  async finish(): Promise<void> {
    for (let row = await this.#peek(); row; row = await this.#peek()) {
      this.#next++;
      if (this.#isSound(row)) this.orphans.push(row[0]);
    }
    await this.#iterator.close();
  }

  #isSound([key, value]: Entry): boolean {
    const sound = isIntact(key, value);
    if (!sound) this.#onDamage(key);
    return sound;
  }

  #peek(): Entry | undefined | Promise<Entry | undefined> {
    return this.#rows[this.#next] ?? this.#read();
  }

  async #read(): Promise<Entry | undefined> {
    for (;;) {
      const rows = await this.#iterator.nextv(BATCH);
      this.#rows = rows.filter(([key]) => {
        const isWhole = isClientKey(key);
        if (!isWhole) this.#onDamage(key);
        return isWhole;
      });
      this.#next = 0;
      if (this.#rows.length > 0 || rows.length === 0) return this.#rows[0];
    }
  }
}

/** Both keys may be of any kind that begins with a client identifier. */
function compareClients(a: Buffer, b: Buffer): number {
  return a.compare(b, 1, clientEnd(b), 1, clientEnd(a));
}
