import { type Captures, captureNames, fill, isCaptureValue, type Piece, piecesOf } from "./pieces.js";

/** A topic or topic filter in which captures stand for levels, as `devices/{id}/#`. */
export class TopicTemplate {
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly captures: readonly string[];
  /** The topic filter of all it can stand for: `devices/+/#`. */
  readonly wildcard: string;
  readonly #levels: readonly (string | { readonly name: string; readonly rest: boolean })[];

  constructor(text: string) {
    this.text = text;
    this.pieces = piecesOf(text);
    this.captures = captureNames(this.pieces);
    this.wildcard = this.pieces
      .map((piece) => (piece.kind === "text" ? piece.text : piece.rest ? "#" : "+"))
      .join("");
    this.#levels = text.split("/").map((level) => {
      const piece = piecesOf(level)[0];
      return piece?.kind === "capture" ? piece : level;
    });
  }

  /** The topic or filter for these captures, or undefined when they reach for topics that a wildcard would not. */
  fill(captures: Captures): string | undefined {
    const filled = fill(this.pieces, captures);
    // [MQTT-4.7.2-1]: the server's own topics are not reached through a wildcard, nor through a capture.
    if (filled.startsWith("$") && !this.text.startsWith("$")) return undefined;
    return filled;
  }

  /** The captures of a topic name, or undefined when it does not match. */
  match(topic: string): Captures | undefined {
    if (topic.startsWith("$") && !this.text.startsWith("$")) return undefined; // [MQTT-4.7.2-1]
    const captures = new Map<string, string>();
    const levels = topic.split("/");
    for (const [index, wanted] of this.#levels.entries()) {
      if (wanted === "#") return captures; // also the parent level [MQTT-4.7.1-2]
      const level = levels[index];
      if (level === undefined) return undefined;
      if (typeof wanted === "string") {
        if (wanted !== "+" && wanted !== level) return undefined;
        continue;
      }
      const value = wanted.rest ? levels.slice(index).join("/") : level;
      if (!isCaptureValue(value, wanted.rest)) return undefined;
      captures.set(wanted.name, value);
      if (wanted.rest) return captures;
    }
    return levels.length === this.#levels.length ? captures : undefined;
  }
}
