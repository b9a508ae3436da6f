import { Kind, kindRange, type Range, versionKey } from "../format/keys.js";
import type { Row } from "../format/row.js";
import { lostEntry } from "../format/stream-entry.js";
import { FORMAT_ROW } from "../format-version.js";
import type { Operation } from "../operation.js";
import { BlockIndex } from "./block-index.js";
import { type Content, isWellFormed, readContent, Unreadable } from "./content.js";
import { type Database, formatOf, isUnreadable } from "./database.js";
import { rowFault } from "./fault.js";
import type { Finding } from "./finding.js";
import { withoutEntries } from "./page-split.js";
import { type OnRows, rowChunks } from "./row-chunks.js";
import { sealedSession } from "./session-row.js";

const BEFORE_BLOCKS: Partial<Range> = { lt: kindRange(Kind.block).gte };
const AFTER_BLOCKS: Partial<Range> = { gte: kindRange(Kind.block).lt };

/** Goes through every row of a database and finds what is wrong with it. */
export class Examination {
  /** Rows read so far. */
  rows = 0;
  readonly #level: Database;
  readonly #onRows: OnRows;
  readonly #blocks = new BlockIndex();
  /** Clients with a session, and those whose session was found missing. */
  readonly #sessions = new Set<string>();

  constructor(level: Database, onRows: OnRows = () => undefined) {
    this.#level = level;
    this.#onRows = onRows;
  }

  /** Blocks that no page refers to. They harm nobody. */
  get unneededBlocks(): number {
    return this.#blocks.unused;
  }

  async *findings(): AsyncGenerator<Finding> {
    yield* this.#version();
    // First, since pages come before the blocks that they refer to.
    yield* this.#range(kindRange(Kind.block));
    yield* this.#range(BEFORE_BLOCKS);
    yield* this.#range(AFTER_BLOCKS);
  }

  async *#version(): AsyncGenerator<Finding> {
    if ((await formatOf(this.#level)) !== undefined) return;
    yield {
      fault: {
        kind: "version",
        problem: "the row that tells the format is missing or damaged",
        loss: "nothing",
      },
      writes: [{ type: "put", key: versionKey, value: FORMAT_ROW }],
    };
  }

  async *#range(range: Partial<Range>): AsyncGenerator<Finding> {
    const chunks = rowChunks(this.#level, range);
    try {
      for await (const chunk of chunks) {
        for (const row of chunk) yield* this.#row(row);
        this.rows += chunk.length;
        this.#onRows(this.rows);
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      yield {
        fault: {
          kind: "database",
          problem: `a part of a file cannot be read (${error.message})`,
          loss: "the rows that stood there; whose they were cannot be told",
        },
        writes: [],
        inDatabase: true,
      };
    }
  }

  *#row(row: Row): Generator<Finding> {
    if (row.key.equals(versionKey)) return;
    try {
      yield* this.#content(readContent(row), row);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      yield { fault: rowFault(row.key, error.message), row, writes: successorsOf(row.key) };
    }
  }

  *#content(content: Content, row: Row): Generator<Finding> {
    if (content.kind === "block") return this.#blocks.add(content.id, content.records);
    if (content.kind === "session") this.#sessions.add(content.clientId);
    // A will may be that of a client whose session is not kept.
    if (content.kind === "retained" || content.kind === "will" || content.kind === "stream") return;
    if (!this.#sessions.has(content.clientId)) yield this.#orphan(content.clientId);
    if (content.kind === "page") yield* this.#page(content, row);
  }

  /** A session that expires when its client does not come back does less harm than a queue that is thrown away. */
  #orphan(clientId: string): Finding {
    this.#sessions.add(clientId);
    return {
      fault: {
        kind: "session",
        clientId,
        problem: "the client has rows, but none for its session",
        loss: "since when the client is away",
      },
      writes: [sealedSession(clientId, { awaySince: Date.now() })],
    };
  }

  *#page(page: Content & { kind: "page" }, row: Row): Generator<Finding> {
    const missing = page.entries.filter(({ reference }) => reference && !this.#blocks.leadsTo(reference));
    if (missing.length === 0) return;
    const blocks = [...new Set(missing.map(({ reference }) => reference?.block))].join(", ");
    yield {
      fault: {
        kind: "queue",
        clientId: page.clientId,
        problem: `the block with messages of the queue is missing, or has no such message: ${blocks}`,
        loss: `${missing.length} of the messages that waited for the client from number ${page.first} on`,
      },
      row,
      writes: withoutEntries(page, new Set(missing)),
    };
  }
}

/** What is lost of a stream must not look as if it had never been. */
function successorsOf(key: Buffer): Operation[] {
  return key[0] === Kind.stream && isWellFormed(key) ? [{ type: "put", key, value: lostEntry(key) }] : [];
}
