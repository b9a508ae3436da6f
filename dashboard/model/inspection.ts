import { countText } from "./format.js";
import { binarySize, type Payload } from "./payload.js";

/** More would be slow to lay out ten times a second and nobody reads it. */
const MAX_CHARS = 20_000;

/** A payload as the inspector shows it. */
export interface Inspection {
  readonly text: string;
  /** What the text alone does not tell. */
  readonly note?: string;
}

export function inspect(payload: Payload): Inspection {
  if (payload.kind === "json") return cut(pretty(payload.value));
  if (payload.kind === "binary") {
    const size = countText(binarySize(payload.base64));
    return cut(payload.base64, `Binary, ${size} bytes, shown as base64`);
  }
  if (payload.text === "") return { text: "", note: "Empty. A retained empty message clears the topic." };
  return cut(payload.text);
}

function cut(text: string, note?: string): Inspection {
  if (text.length <= MAX_CHARS) return note === undefined ? { text } : { text, note };
  const part = `first ${countText(MAX_CHARS)} of ${countText(text.length)} characters`;
  return { text: text.slice(0, MAX_CHARS), note: note === undefined ? `The ${part}` : `${note}, ${part}` };
}

function pretty(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? "null";
  } catch {
    return "(nested too deeply to be shown)";
  }
}
