export interface JsonToken {
  readonly kind: "key" | "string" | "value" | "plain";
  readonly text: string;
}

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d[\d.eE+-]*|\b(?:true|false|null)\b/g;

/** Splits formatted JSON into what is coloured and what is not. Joined, the texts are the input. */
export function jsonTokens(text: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) tokens.push({ kind: "plain", text: text.slice(end, match.index) });
    const [whole, quoted, colon] = match;
    if (quoted === undefined) tokens.push({ kind: "value", text: whole });
    else tokens.push({ kind: colon === undefined ? "string" : "key", text: quoted });
    if (colon !== undefined) tokens.push({ kind: "plain", text: colon });
    end = match.index + whole.length;
  }
  if (end < text.length) tokens.push({ kind: "plain", text: text.slice(end) });
  return tokens;
}
