import { rawMember } from "../json/raw-json.js";
import { errors } from "./codes.js";
import { isObject } from "./command.js";
import type { Envelope } from "./content.js";
import { Fault } from "./fault.js";

/** Events of this prefix are the server's own. */
const RESERVED = "system:";
/** Of an event's name, and of `meta` as JSON: both are kept as long as the message itself. In characters. */
const MAX_EVENT = 255;
const MAX_META = 1_024;
/** Objects within objects in `meta`. Some JSON parsers of client languages give up on much more, and with it on the whole frame. */
const MAX_META_DEPTH = 8;

/** What a bare WebSocket publishes. */
export interface PlainFrame {
  /** JSON text, exactly as the client wrote it. */
  readonly data: string;
  /** `base64` when `data` is a string that stands for bytes. */
  readonly encoding: "base64" | undefined;
  readonly envelope: Envelope;
}

/** @throws {Fault} */
export function parseFrame(text: string): PlainFrame {
  const { event, meta } = parseObject(text);
  if (typeof event !== "string" || event === "")
    throw bad('a frame needs an "event", as {"event":"message","data":...}');
  if (event.length > MAX_EVENT) throw bad(`"event" must not be longer than ${MAX_EVENT} characters`);
  if (event.startsWith(RESERVED)) throw bad(`events that begin with ${RESERVED} are the server's`);
  const data = rawMember(text, "data");
  if (data === undefined) throw bad('a frame needs "data"');
  const { encoding, own } = parseMeta(meta, rawMember(text, "meta") ?? "");
  return { data, encoding, envelope: { event, meta: own } };
}

/** `own`: what the server does not write itself, as the inside of a JSON object. */
function parseMeta(meta: unknown, text: string): { encoding: "base64" | undefined; own: string } {
  if (meta === undefined || meta === null) return { encoding: undefined, own: "" };
  if (!isObject(meta)) throw bad('"meta" must be an object');
  if (text.length > MAX_META) throw bad(`"meta" must not be longer than ${MAX_META} characters`);
  if (isDeeper(meta, MAX_META_DEPTH))
    throw bad(`"meta" must not be nested deeper than ${MAX_META_DEPTH} levels`);
  const { topic: _, time: __, encoding, ...own } = meta;
  if (encoding !== undefined && encoding !== "base64") throw bad('"meta.encoding" can only be "base64"');
  return { encoding, own: JSON.stringify(own).slice(1, -1) };
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad('a frame must be JSON, as {"event":"message","data":...}');
  }
  if (!isObject(parsed)) throw bad("a frame must be a JSON object");
  return parsed;
}

function bad(message: string): Fault {
  return new Fault(errors.badRequest, message);
}
