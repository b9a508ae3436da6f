import { isUtf8 } from "node:buffer";
import type { QoS, StoredMessage, StoredWill, Unacknowledged } from "../../store.js";
import { recordsOf } from "../format/block.js";
import { readNumber } from "../format/bytes.js";
import { clientEnd, isClientKey, Kind, readClientKey } from "../format/keys.js";
import { entriesOf, type PageEntry } from "../format/page.js";
import { decodeMessage, decodeSession, decodeWill, qosOf, type SessionRecord } from "../format/records.js";
import { contentOf, isIntact, type Row, SEAL } from "../format/row.js";
import { decodeState, encodeState } from "../format/state.js";
import { decodeEntry } from "../format/stream-entry.js";
import { topicOf } from "../retained/topic-key.js";

/** What stands in a row. */
export type Content =
  | ({ readonly kind: "session"; readonly clientId: string } & SessionRecord)
  | { readonly kind: "subscription"; readonly clientId: string; readonly filter: string; readonly qos: QoS }
  | {
      readonly kind: "page";
      readonly clientId: string;
      readonly first: number;
      readonly entries: PageEntry[];
    }
  | { readonly kind: "incoming"; readonly clientId: string; readonly packetId: number }
  | { readonly kind: "will"; readonly clientId: string; readonly will: StoredWill }
  | {
      readonly kind: "state";
      readonly clientId: string;
      readonly passed: number;
      readonly unacknowledged: Unacknowledged[];
    }
  | { readonly kind: "retained"; readonly message: StoredMessage }
  | { readonly kind: "block"; readonly id: number; readonly records: Buffer[] }
  | {
      readonly kind: "stream";
      readonly name: string;
      readonly offset: number;
      /** Undefined: it was lost. */
      readonly entry: Buffer | undefined;
    };

/** Why a row cannot be used. */
export class Unreadable extends Error {}

const PAGE_HEAD = SEAL + 4;

/** Reads a row of any kind but the version's. @throws {Unreadable} */
export function readContent({ key, value }: Row): Content {
  if (!isWellFormed(key)) throw new Unreadable("its key is not one of Causeway's");
  if (!isIntact(key, value)) throw new Unreadable("its checksum is wrong");
  try {
    return decode(key, value);
  } catch {
    throw new Unreadable("its content cannot be decoded");
  }
}

/** Whether a key has the parts that its kind has. */
export function isWellFormed(key: Buffer): boolean {
  const kind = key[0];
  if (kind === Kind.block) return key.length === 9;
  if (kind === Kind.retained) return key.length > 1 && isUtf8(key);
  if (!isClientKey(key)) return false;
  const end = clientEnd(key);
  const suffix = key.subarray(end);
  if (!isUtf8(key.subarray(3, end))) return false;
  if (kind === Kind.subscription) return suffix.length > 0 && isUtf8(suffix);
  if (kind === Kind.page || kind === Kind.stream) return suffix.length === 8;
  if (kind === Kind.incoming) return suffix.length === 2;
  return (kind === Kind.session || kind === Kind.will || kind === Kind.state) && suffix.length === 0;
}

function decode(key: Buffer, value: Buffer): Content {
  if (key[0] === Kind.retained) return { kind: "retained", message: readRetained(key, value) };
  if (key[0] === Kind.block)
    return { kind: "block", id: readNumber(key, 1), records: [...recordsOf(value)].map(sound) };
  const { clientId, suffix } = readClientKey(key);
  const content = contentOf(value);
  switch (key[0]) {
    case Kind.stream:
      return { kind: "stream", name: clientId, offset: readNumber(suffix, 0), entry: decodeEntry(value) };
    case Kind.session:
      require(content.length === 0 || content.length >= 6);
      return { kind: "session", clientId, ...decodeSession(content) };
    case Kind.subscription:
      require(content.length === 1);
      return { kind: "subscription", clientId, filter: suffix.toString(), qos: qosOf(content.readUInt8(0)) };
    case Kind.page:
      return { kind: "page", clientId, first: readNumber(suffix, 0), entries: readEntries(value) };
    case Kind.incoming:
      require(content.length === 0);
      return { kind: "incoming", clientId, packetId: suffix.readUInt16BE(0) };
    case Kind.will:
      return { kind: "will", clientId, will: decodeWill(clientId, content) };
    default:
      return { kind: "state", clientId, ...readState(value) };
  }
}

function readRetained(key: Buffer, value: Buffer): StoredMessage {
  const message = decodeMessage(contentOf(value));
  require(message.topic === topicOf(key));
  return message;
}

function readState(value: Buffer) {
  const state = decodeState(value);
  require(encodeState(state).subarray(SEAL).equals(contentOf(value)));
  return state;
}

function readEntries(value: Buffer): PageEntry[] {
  const entries = entriesOf(value);
  const bytes = entries.map(({ record, length }) => 5 + (record ? length : 12));
  require(PAGE_HEAD + bytes.reduce((sum, size) => sum + size, 0) === value.length);
  for (const { record } of entries) if (record) sound(record);
  return entries;
}

/** @throws when it cannot be decoded */
function sound(record: Buffer): Buffer {
  decodeMessage(record);
  return record;
}

function require(condition: boolean): void {
  if (!condition) throw new RangeError();
}
