/** A part of a pattern: text that stands for itself, or a capture. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "capture"; readonly name: string; readonly rest: boolean };

/** Values by the name of their capture. */
export type Captures = ReadonlyMap<string, string>;

const CAPTURE = /\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}/g;

/** Splits a pattern. A brace that is not part of a capture stays in the text; {@link braceFault} finds it. */
export function piecesOf(pattern: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of pattern.matchAll(CAPTURE)) {
    if (match.index > end) pieces.push({ kind: "text", text: pattern.slice(end, match.index) });
    pieces.push({ kind: "capture", name: match[1] ?? "", rest: match[2] !== undefined });
    end = match.index + match[0].length;
  }
  if (end < pattern.length) pieces.push({ kind: "text", text: pattern.slice(end) });
  return pieces;
}

export function captureNames(pieces: readonly Piece[]): readonly string[] {
  return pieces.flatMap((piece) => (piece.kind === "capture" ? [piece.name] : []));
}

export function braceFault(pieces: readonly Piece[]): string | undefined {
  const stray = pieces.some((piece) => piece.kind === "text" && /[{}]/.test(piece.text));
  if (!stray) return undefined;
  return "write a capture as {name} or {name...}, with a name of letters, digits and _; braces have no other use";
}

/** The pattern with its captures filled in. */
export function fill(pieces: readonly Piece[], captures: Captures): string {
  let text = "";
  for (const piece of pieces) text += piece.kind === "text" ? piece.text : (captures.get(piece.name) ?? "");
  return text;
}

/**
 * Whether a capture may have this value. Wildcards are refused, or a client could widen the topic filter of a channel by naming
 * the channel `device:+`; and one level has no separator.
 */
export function isCaptureValue(value: string, rest: boolean): boolean {
  if (value === "" || value.includes("+") || value.includes("#") || value.includes("\u0000")) return false;
  return rest || !value.includes("/");
}
