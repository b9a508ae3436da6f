import { type Captures, captureNames, fill, isCaptureValue, type Piece, piecesOf } from "./pieces.js";

/** The name of a channel or of a family of channels, as `device:{id}`. */
export class ChannelPattern {
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly captures: readonly string[];

  constructor(text: string) {
    this.text = text;
    this.pieces = piecesOf(text);
    this.captures = captureNames(this.pieces);
  }

  /** Whether it stands for more than one channel. */
  get isFamily(): boolean {
    return this.captures.length > 0;
  }

  fill(captures: Captures): string {
    return fill(this.pieces, captures);
  }

  /**
   * The captures of a channel name, or undefined when the pattern does not make it. A capture ends at the first occurrence of the
   * text that follows it, so a name has one reading and no hostile name takes long.
   */
  match(name: string): Captures | undefined {
    const captures = new Map<string, string>();
    let position = 0;
    for (const [index, piece] of this.pieces.entries()) {
      if (piece.kind === "text") {
        if (!name.startsWith(piece.text, position)) return undefined;
        position += piece.text.length;
        continue;
      }
      const end = this.#captureEnd(name, position, index);
      const value = name.slice(position, Math.max(end, position));
      if (!isCaptureValue(value, piece.rest)) return undefined;
      captures.set(piece.name, value);
      position = end;
    }
    return position === name.length ? captures : undefined;
  }

  /** Where the capture at `index`, which begins at `position`, ends; -1 for nowhere. */
  #captureEnd(name: string, position: number, index: number): number {
    const next = this.pieces[index + 1];
    if (next?.kind !== "text") return name.length;
    // The last text belongs to the end of the name, wherever else it occurs.
    if (index + 2 === this.pieces.length) return name.length - next.text.length;
    return name.indexOf(next.text, position + 1);
  }
}
