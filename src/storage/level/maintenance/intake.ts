import type { QoS, StoredMessage, Unacknowledged } from "../../store.js";
import {
  clientKey,
  incomingKey,
  Kind,
  pageKey,
  streamKey,
  subscriptionKey,
  versionKey,
} from "../format/keys.js";
import { PageBuilder } from "../format/page-builder.js";
import { encodeMessage, encodeWill } from "../format/records.js";
import { seal } from "../format/row.js";
import { encodeState } from "../format/state.js";
import { encodeEntry, lostEntry } from "../format/stream-entry.js";
import { FORMAT_ROW } from "../format-version.js";
import { type Operation, sealedPut, sizeOf } from "../operation.js";
import { topicKey } from "../retained/topic-key.js";
import type { Database } from "./database.js";
import { BadLine, type Line, type LineOf } from "./line.js";
import { sealedSession } from "./session-row.js";
import { SharedMessages } from "./shared-messages.js";

/** Rows are written when they take this much. */
const BATCH_BYTES = 1024 * 1024;

/** Turns lines of an export into the rows of an empty database. */
export class Intake {
  readonly #level: Database;
  readonly #shared = new SharedMessages((operation) => this.#put(operation));
  readonly #sessions = new Set<string>();
  /** Clients whose session's line has not come. */
  readonly #sessionless = new Set<string>();
  /** The last number in each queue. */
  readonly #last = new Map<string, number>();
  /** The last offset in each stream. */
  readonly #offsets = new Map<string, number>();
  #page: { readonly clientId: string; readonly builder: PageBuilder } | undefined;
  #operations: Operation[] = [];
  #bytes = 0;

  constructor(level: Database) {
    this.#level = level;
  }

  /** @throws {BadLine} */
  async take(line: Line): Promise<void> {
    const operation = this.#operation(line);
    if (operation) this.#put(operation);
    if (this.#bytes >= BATCH_BYTES) await this.#write(false);
  }

  async finish(): Promise<void> {
    this.#endPage();
    this.#shared.finish();
    // What was lost of a damaged store may be a session whose queue is there.
    for (const clientId of this.#sessionless) this.#put(sealedSession(clientId, {}));
    this.#put({ type: "put", key: versionKey, value: FORMAT_ROW });
    await this.#write(true);
  }

  /** Undefined: what it writes comes later, with more of its kind. */
  #operation(line: Line): Operation | undefined {
    switch (line.type) {
      case "store":
        throw new BadLine("is another header: only the first line is one");
      case "session":
        return this.#session(line);
      case "queued":
        this.#queued(line);
        return undefined;
      case "retained":
        return sealedPut(topicKey(line.topic), encodeMessage(messageOf(line)));
      case "stream":
        return this.#entry(line);
      case "will": {
        const { clientId, brokerId, owner } = line;
        const will = { ...messageOf(line), clientId, brokerId, ...(owner && { owner }) };
        return sealedPut(clientKey(Kind.will, clientId), encodeWill(will));
      }
      default:
        this.#mention(line.clientId);
        return ofSession(line);
    }
  }

  #session({ clientId, awaySince, owner }: LineOf<"session">): Operation {
    if (this.#sessions.has(clientId))
      throw new BadLine(`has a client that had a session before: ${JSON.stringify(clientId)}`);
    this.#sessions.add(clientId);
    this.#sessionless.delete(clientId);
    return sealedSession(clientId, {
      ...(awaySince === undefined ? {} : { awaySince }),
      ...(owner && { owner }),
    });
  }

  #entry({ name, offset, entry }: LineOf<"stream">): Operation {
    if (offset <= (this.#offsets.get(name) ?? -1))
      throw new BadLine(`has a bad offset: ${offset} does not ascend in the stream ${JSON.stringify(name)}`);
    this.#offsets.set(name, offset);
    const key = streamKey(name, offset);
    const value = entry === undefined ? lostEntry(key) : encodeEntry(key, Buffer.from(entry, "base64"));
    return { type: "put", key, value };
  }

  #queued(line: LineOf<"queued">): void {
    const { clientId, sequence, qos, retain } = line;
    if (sequence <= (this.#last.get(clientId) ?? 0))
      throw new BadLine(
        `has a bad sequence: ${sequence} does not ascend in the queue of ${JSON.stringify(clientId)}`,
      );
    this.#mention(clientId);
    this.#last.set(clientId, sequence);
    if (this.#page?.clientId !== clientId || !this.#page.builder.takes(sequence)) {
      this.#endPage();
      this.#page = { clientId, builder: new PageBuilder(sequence) };
    }
    const message = messageOf(line);
    const reference = this.#shared.find(message);
    if (reference) this.#page.builder.addReference(reference, qos, retain);
    else this.#page.builder.add(message, qos, retain);
  }

  #endPage(): void {
    if (!this.#page) return;
    const key = pageKey(this.#page.clientId, this.#page.builder.first);
    this.#put({ type: "put", key, value: this.#page.builder.finish(key) });
    this.#page = undefined;
  }

  #mention(clientId: string): void {
    if (!this.#sessions.has(clientId)) this.#sessionless.add(clientId);
  }

  #put(operation: Operation): void {
    this.#operations.push(operation);
    this.#bytes += sizeOf(operation);
  }

  async #write(sync: boolean): Promise<void> {
    await this.#level.batch(this.#operations, { sync });
    this.#operations = [];
    this.#bytes = 0;
  }
}

function ofSession(line: LineOf<"subscription" | "incoming" | "state">): Operation {
  const { clientId } = line;
  if (line.type === "subscription")
    return sealedPut(subscriptionKey(clientId, line.filter), Buffer.from([line.qos]));
  if (line.type === "incoming") return sealedPut(incomingKey(clientId, line.packetId), Buffer.alloc(0));
  const key = clientKey(Kind.state, clientId);
  const value = encodeState({ passed: line.passed, unacknowledged: unacknowledgedOf(line) });
  return { type: "put", key, value: seal(key, value) };
}

function messageOf(line: LineOf<"queued" | "retained" | "will">): StoredMessage {
  const { topic, payload, retain, time, properties } = line;
  const qos: QoS = line.qos;
  return {
    topic,
    payload: Buffer.from(payload, "base64"),
    qos,
    retain,
    time,
    ...(properties === undefined ? {} : { properties: Buffer.from(properties, "base64") }),
  };
}

function unacknowledgedOf({ unacknowledged, released }: LineOf<"state">): Unacknowledged[] {
  return [
    ...unacknowledged.map((sequence) => ({ sequence, released: false })),
    ...released.map((sequence) => ({ sequence, released: true })),
  ].sort((a, b) => a.sequence - b.sequence);
}
