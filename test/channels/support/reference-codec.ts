import { Centrifuge } from "centrifuge/build/protobuf";

/** What a client of the reference library has inside, made from the protocol's schema. */
interface Codec {
  encodeCommands(commands: readonly object[]): Uint8Array;
  decodeReplies(message: Uint8Array): object[];
}

/** Fields that hold JSON text as bytes. */
const JSON_FIELDS = ["data", "conn_info", "chan_info"];

const inner = codecOf(new Centrifuge("ws://127.0.0.1"));

/** The Protobuf of the reference library, for the same commands and replies as in JSON. */
export const referenceCodec = {
  ...inJson(inner),
  /** The JSON text of replies, with the data as it came. */
  textOfReplies: (message: Uint8Array): string[] => inner.decodeReplies(message).map(textOf),
};

/** Has a client take and give data as one does that speaks JSON. */
export function convertData(client: Centrifuge): void {
  Object.assign(codecOf(client), inJson(codecOf(client)));
}

function codecOf(client: Centrifuge): Codec {
  return (client as unknown as { _codec: Codec })._codec;
}

function inJson(codec: Codec): Codec {
  const encodeCommands = codec.encodeCommands.bind(codec);
  const decodeReplies = codec.decodeReplies.bind(codec);
  return {
    encodeCommands: (commands) => encodeCommands(commands.map((command) => outgoing(command) as object)),
    decodeReplies: (message) => decodeReplies(message).map((reply) => JSON.parse(textOf(reply))),
  };
}

function outgoing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(outgoing);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      JSON_FIELDS.includes(name) && member !== undefined ? bytesOf(member) : outgoing(member),
    ]),
  );
}

/** Bytes are data that is written as it is to be. */
function bytesOf(data: unknown): Uint8Array {
  return data instanceof Uint8Array ? data : Buffer.from(JSON.stringify(data));
}

/** As the server would write it in JSON. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return `[${value.map(textOf).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  // A number of 64 bits.
  if ("toNumber" in value) return String(value);
  const members = Object.entries(value).filter(([, member]) => !isLeftOut(value, member));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(",")}}`;
}

/** The library's lists and maps are there without having been sent. */
function isLeftOut(message: object, member: unknown): boolean {
  if (Array.isArray(member)) return member.length === 0 && message.constructor.name !== "HistoryResult";
  return isMap(member) && Object.keys(member).length === 0;
}

/** Messages have constructors of their own. */
function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && value.constructor === Object;
}
