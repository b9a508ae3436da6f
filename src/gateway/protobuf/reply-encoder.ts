import { JsonScanner } from "./json-scanner.js";
import { type Field, KEY, Message, type Single, VALUE } from "./message.js";
import { reply } from "./schema.js";
import { WireWriter } from "./wire-writer.js";

/** "t" of "true". */
const TRUE = 0x74;
/** A reply has seldom more bytes than its JSON text. */
const SLACK = 16;

/** A reply or push, written as JSON by the server, in Protobuf with its length before it. */
export function encodeReply(json: Buffer): Buffer {
  const writer = new WireWriter(json.length + SLACK);
  writeValue(new JsonScanner(json), reply, writer);
  return writer.bytes;
}

function writeMessage(from: JsonScanner, message: Message, to: WireWriter): void {
  const opened = to.open();
  from.enter();
  while (from.more()) {
    from.string();
    const field = message.named(from.ascii);
    if (field) writeMember(from, field, to);
    else from.value();
  }
  to.close(opened);
}

function writeMember(from: JsonScanner, field: Field, to: WireWriter): void {
  if (field.shape === "single") {
    writeField(from, field, to);
    return;
  }
  from.enter();
  while (from.more()) {
    if (field.shape === "list") writeField(from, field, to);
    else writeEntry(from, field, to);
  }
}

function writeField(from: JsonScanner, { tag, type }: Field, to: WireWriter): void {
  to.varint(tag);
  writeValue(from, type, to);
}

function writeEntry(from: JsonScanner, { tag, type }: Field, to: WireWriter): void {
  to.varint(tag);
  const opened = to.open();
  to.varint(KEY);
  writeValue(from, "string", to);
  to.varint(VALUE);
  writeValue(from, type, to);
  to.close(opened);
}

function writeValue(from: JsonScanner, type: Single, to: WireWriter): void {
  if (type instanceof Message) {
    writeMessage(from, type, to);
    return;
  }
  if (type === "string") from.string();
  else from.value();
  const { json, start, end } = from;
  if (type === "string" && from.escaped) to.string(unescaped(from));
  else if (type === "string" || type === "json") to.copy(json, start, end);
  else if (type === "bool") to.varint(json[start] === TRUE ? 1 : 0);
  else to.varint(wholeNumber(from.ascii));
}

/** No reply has another number; it would spoil what follows. */
function wholeNumber(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function unescaped({ json, start, end }: JsonScanner): string {
  return JSON.parse(`"${json.toString("utf8", start, end)}"`);
}
