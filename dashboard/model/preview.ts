import { binarySize, type Payload } from "./payload.js";

const MAX_DEPTH = 8;

/** A payload in one line of at most about `limit` characters; the work is bounded by it too. */
export function previewOf(payload: Payload, limit: number): string {
  if (payload.kind === "binary") return `binary, ${binarySize(payload.base64)} bytes`;
  if (payload.kind === "text") return payload.text === "" ? "(empty)" : cut(payload.text, limit);
  return cut(write(payload.value, limit, 0), limit);
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** Like JSON.stringify, but stops once the room is used up: a value may be as large as a packet. */
function write(value: unknown, room: number, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room + 1));
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === MAX_DEPTH) return "…";
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  let text = open ?? "";
  for (const key in value) {
    if (text.length > room) return text;
    if (text.length > 1) text += ", ";
    if (!Array.isArray(value)) text += `${JSON.stringify(key.slice(0, room + 1))}: `;
    text += write((value as Record<string, unknown>)[key], room - text.length, depth + 1);
  }
  return text + close;
}
