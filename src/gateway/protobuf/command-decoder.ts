import { isUtf8 } from "node:buffer";
import type { Line } from "../codec.js";
import { errors } from "../codes.js";
import { NotACommand } from "../command.js";
import { Fault } from "../fault.js";
import { type Field, KEY, Message, type Scalar, type Single, VALUE } from "./message.js";
import { command } from "./schema.js";
import { WireReader } from "./wire-reader.js";

/** Messages within messages. Only a tag filter has a depth that its client chooses. */
const MOST_LEVELS = 64;
/** Of more, some are no numbers of JavaScript. */
const LARGEST = 2n ** 53n;
/** What is told of a command that cannot be served: which it is, and whether it is one that may come at this time. */
const outline = new Message({
  id: [1, "uint32"],
  connect: [4, new Message({})],
  send: [12, new Message({})],
});

/** The command in these bytes, as a JSON client writes it. */
export function commandLine(bytes: Buffer): Line {
  try {
    return { text: messageText(new WireReader(bytes), command, "") };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { text: messageText(new WireReader(bytes), outline, ""), fault: error };
  }
}

/** `path` is where the message stands in the command, `level` how deep. */
function messageText(reader: WireReader, message: Message, path: string, level = 0): string {
  if (level > MOST_LEVELS) throw new NotACommand("messages are nested too deeply");
  const members = new Map<string, string>();
  const lists = new Map<Field, string[]>();
  while (!reader.done) {
    const tag = reader.tag();
    const field = message.tagged(tag);
    if (field === undefined) {
      reader.skip(tag);
      continue;
    }
    const { name, shape } = field;
    const text = itemText(reader, field, path === "" ? name : `${path}.${name}`, level);
    if (shape === "single") members.set(name, text);
    else addTo(lists, field, text);
  }
  for (const [{ name, shape }, texts] of lists)
    members.set(name, shape === "list" ? `[${texts.join(",")}]` : `{${texts.join(",")}}`);
  return `{${[...members].map(([name, text]) => `"${name}":${text}`).join(",")}}`;
}

function addTo(lists: Map<Field, string[]>, field: Field, text: string): void {
  const texts = lists.get(field);
  if (texts) texts.push(text);
  else lists.set(field, [text]);
}

function itemText(reader: WireReader, { type, shape }: Field, path: string, level: number): string {
  return shape === "map"
    ? entryText(reader.delimited(), type, path, level)
    : valueText(reader, type, path, level);
}

function entryText(reader: WireReader, type: Single, path: string, level: number): string {
  let key = '""';
  let value = type instanceof Message ? "{}" : '""';
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === KEY) key = valueText(reader, "string", path, level);
    else if (tag === VALUE) value = valueText(reader, type, path, level);
    else reader.skip(tag);
  }
  return `${key}:${value}`;
}

function valueText(reader: WireReader, type: Single, path: string, level: number): string {
  return type instanceof Message
    ? messageText(reader.delimited(), type, path, level + 1)
    : scalarText(reader, type, path);
}

function scalarText(reader: WireReader, type: Scalar, path: string): string {
  switch (type) {
    case "string":
      return JSON.stringify(reader.string());
    case "json":
      return jsonText(reader.bytes(), path);
    case "bool":
      return String(reader.varint() !== 0n);
    case "uint32":
      return String(BigInt.asUintN(32, reader.varint()));
    case "int32":
      return String(BigInt.asIntN(32, reader.varint()));
    case "int64":
      return exact(BigInt.asIntN(64, reader.varint()), path);
    case "uint64":
      return exact(reader.varint(), path);
  }
}

function exact(value: bigint, path: string): string {
  if (value <= LARGEST && value >= -LARGEST) return String(value);
  throw new Fault(errors.badRequest, `${path} must not be larger than ${LARGEST}`);
}

/** Checked here, since it is put into the text of the command as it stands. */
function jsonText(bytes: Buffer, path: string): string {
  try {
    const text = bytes.toString();
    JSON.parse(text);
    // Line breaks stand only between tokens of JSON, and between the frames of a message.
    if (isUtf8(bytes)) return text.replace(/[\r\n]+/g, " ");
  } catch {}
  throw new Fault(errors.badRequest, `${path} must be JSON`);
}
