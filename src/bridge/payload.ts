import { isUtf8 } from "node:buffer";
import { errors } from "../gateway/codes.js";
import { Fault } from "../gateway/fault.js";
import { onOneLine } from "../json/one-line.js";

/** A payload as channels carry it: JSON text on a single line. */
export interface EncodedPayload {
  readonly data: string;
  readonly encoding: "base64" | undefined;
}

/**
 * Some JSON parsers of client languages give up on deep nesting, and with it on the whole frame; so what is nested deeper than
 * anybody means it travels as a string.
 */
export const MAX_DEPTH = 100;

/** JSON when it is JSON, as it was sent; else a string when it is UTF-8; else base64. */
export function encodePayload(payload: Buffer): EncodedPayload {
  if (!isUtf8(payload)) return { data: `"${payload.toString("base64")}"`, encoding: "base64" };
  const text = payload.toString();
  return { data: isJson(text) ? onOneLine(text) : JSON.stringify(text), encoding: undefined };
}

/** What a client's data becomes on the MQTT side: the reverse of {@link encodePayload}. */
export function decodeData(data: string, encoding: "base64" | undefined): Buffer {
  if (!data.startsWith('"')) {
    if (encoding) throw new Fault(errors.badRequest, "data must be a string when its encoding is base64");
    return Buffer.from(data);
  }
  const text: string = JSON.parse(data);
  if (encoding === undefined) return Buffer.from(text);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new Fault(errors.badRequest, "data is not base64");
  return Buffer.from(text, "base64");
}

function isJson(text: string): boolean {
  // Most texts that are no JSON show it in their first character, and a failed JSON.parse is slow.
  if (!/^[ \t\r\n]*[[{"\-0-9tfn]/.test(text)) return false;
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return !isTooDeep(text);
}

export function isTooDeep(json: string): boolean {
  if (json.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") {
      if (++depth > MAX_DEPTH) return true;
    } else if (character === "}" || character === "]") depth--;
  }
  return false;
}
