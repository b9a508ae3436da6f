import type { StoredMessage } from "../../store.js";
import { BlockReader } from "../block-reader.js";
import { messageOf } from "../format/page.js";
import type { Row } from "../format/row.js";
import { FORMAT } from "../format-version.js";
import { type Content, readContent, Unreadable } from "./content.js";
import { type Database, isUnreadable } from "./database.js";
import { type Fault, rowFault } from "./fault.js";
import type { LineOf } from "./line.js";
import { QueueStates } from "./queue-states.js";
import { type OnRows, rowChunks } from "./row-chunks.js";
import { withStore } from "./with-store.js";

export interface ExportOptions {
  /** Takes a part of the text, whole lines; what comes after waits until it resolves. False: no more is wanted. */
  write(text: string): Promise<boolean>;
  /** Something could not be read, and is left out. */
  onFault(fault: Fault): void;
  readonly onRows?: OnRows;
}

/** Text is handed on in pieces of about this size. */
const PIECE = 64 * 1024;

/** Writes everything in a store as the lines that line.ts describes. */
export function exportStore(directory: string, options: ExportOptions): Promise<void> {
  return withStore(directory, (level) => new Export(level, options).run());
}

class Export {
  readonly #level: Database;
  readonly #options: ExportOptions;
  readonly #blocks: BlockReader;
  readonly #states: QueueStates;
  #text = "";

  constructor(level: Database, options: ExportOptions) {
    this.#level = level;
    this.#options = options;
    this.#blocks = new BlockReader(() => level);
    this.#states = new QueueStates(level);
  }

  async run(): Promise<void> {
    this.#text = `${JSON.stringify({ type: "store", format: FORMAT })}\n`;
    let rows = 0;
    try {
      for await (const chunk of rowChunks(this.#level, { gte: Buffer.from([0x02]) })) {
        for (const row of chunk) if (!(await this.#row(row))) return;
        rows += chunk.length;
        this.#options.onRows?.(rows);
      }
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const problem = `a part of a file cannot be read (${error.message})`;
      this.#options.onFault({ kind: "database", problem, loss: "the rows that stood there" });
    }
    await this.#options.write(this.#text);
  }

  /** Whether more is wanted. */
  async #row(row: Row): Promise<boolean> {
    try {
      const content = readContent(row);
      if (content.kind === "page") return await this.#page(content);
      const line = lineOf(content);
      return line === undefined || (await this.#add(line));
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#options.onFault(rowFault(row.key, error.message));
      return true;
    }
  }

  async #page({ clientId, first, entries }: Content & { kind: "page" }): Promise<boolean> {
    await this.#states.enter(clientId);
    for (const [index, entry] of entries.entries()) {
      const sequence = first + index;
      if (!this.#states.waits(sequence)) continue;
      const record = await this.#blocks.recordOf(entry);
      if (!record)
        this.#options.onFault({
          kind: "queue",
          clientId,
          problem: "the block with a message of the queue is missing or damaged",
          loss: `message ${sequence} that waited for the client`,
        });
      else if (!(await this.#add({ type: "queued", clientId, sequence, ...plain(messageOf(entry, record)) })))
        return false;
    }
    return true;
  }

  async #add(line: object): Promise<boolean> {
    this.#text += `${JSON.stringify(line)}\n`;
    if (this.#text.length < PIECE) return true;
    const text = this.#text;
    this.#text = "";
    return this.#options.write(text);
  }
}

/** Blocks are not things: their messages are told where they are queued. */
function lineOf(content: Exclude<Content, { kind: "page" }>): object | undefined {
  switch (content.kind) {
    case "block":
      return undefined;
    case "stream": {
      const { name, offset, entry } = content;
      return { type: "stream", name, offset, ...(entry ? { entry: entry.toString("base64") } : {}) };
    }
    case "session": {
      const { kind, ...session } = content;
      return { type: kind, ...session };
    }
    case "retained":
      return { type: "retained", ...plain(content.message) };
    case "will": {
      const { clientId, brokerId, owner } = content.will;
      return { type: "will", clientId, brokerId, ...(owner && { owner }), ...plain(content.will) };
    }
    case "state":
      return stateLine(content);
    default: {
      const { kind, ...rest } = content;
      return { type: kind, ...rest };
    }
  }
}

function stateLine({ clientId, passed, unacknowledged }: Content & { kind: "state" }): LineOf<"state"> {
  const numbers = (released: boolean) =>
    unacknowledged.filter((entry) => entry.released === released).map(({ sequence }) => sequence);
  return { type: "state", clientId, passed, unacknowledged: numbers(false), released: numbers(true) };
}

function plain({ topic, qos, retain, time, payload, properties }: StoredMessage) {
  return {
    topic,
    qos,
    retain,
    time,
    payload: payload.toString("base64"),
    ...(properties ? { properties: properties.toString("base64") } : {}),
  };
}
