import type { IncomingMessage } from "node:http";
import type { Codec } from "./codec.js";
import { jsonCodec } from "./json-codec.js";
import { ProtobufCodec } from "./protobuf/protobuf-codec.js";

const JSON_PROTOCOL = "centrifuge-json";
const PROTOBUF_PROTOCOL = "centrifuge-protobuf";
/** Older clients, and those that cannot name a subprotocol, ask in the URL. */
const PARAMETERS = ["cf_protocol", "format"];

/** WebSocket subprotocols of the channel protocol, best first. */
export const subprotocols: readonly string[] = [JSON_PROTOCOL, PROTOBUF_PROTOCOL];

/** What sessions of the channel protocol speak over WebSocket. */
export class Codecs {
  readonly #protobuf = new ProtobufCodec();

  /** `subprotocol` is what was agreed on. */
  of(request: IncomingMessage, subprotocol: string): Codec {
    return subprotocol === PROTOBUF_PROTOCOL || asksForProtobuf(request) ? this.#protobuf : jsonCodec;
  }
}

function asksForProtobuf({ url = "" }: IncomingMessage): boolean {
  const query = new URLSearchParams(url.split("?").slice(1).join("?"));
  return PARAMETERS.some((name) => query.get(name) === "protobuf");
}
