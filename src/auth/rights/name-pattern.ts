export type Captures = ReadonlyMap<string, string>;

type Piece = { readonly kind: "text"; readonly text: string } | Gap;

/** Where any text may stand: none too for `*`, at least a character for a capture. */
interface Gap {
  readonly kind: "gap";
  readonly name: string | undefined;
  readonly least: 0 | 1;
}

const GAP = /\*|\{[A-Za-z_][A-Za-z0-9_]*\}/g;
const NOTHING: Captures = new Map();

/** User names or client identifiers: `*` stands for any text, and `{name}` captures some. */
export class NamePattern {
  readonly captures: readonly string[];
  /** The only name that it matches, when it is one. */
  readonly literal: string | undefined;
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.captures = pieces.flatMap((piece) => (piece.kind === "gap" && piece.name ? [piece.name] : []));
    const [first, ...more] = pieces;
    this.literal = more.length === 0 && first?.kind === "text" ? first.text : undefined;
  }

  /** Also of a name that holds `*` or braces. */
  static literally(name: string): NamePattern {
    return new NamePattern([{ kind: "text", text: name }]);
  }

  static parse(text: string): NamePattern {
    return text.includes("*") || text.includes("{")
      ? new NamePattern(piecesOf(text))
      : NamePattern.literally(text);
  }

  /**
   * The captures of a name, or undefined when it does not match. A gap ends at the first occurrence of the text that follows it, so
   * that a name has one reading, and that no hostile name takes long.
   */
  match(name: string): Captures | undefined {
    if (this.literal !== undefined) return name === this.literal ? NOTHING : undefined;
    const captures = new Map<string, string>();
    let position = 0;
    let gap: Gap | undefined;
    for (const [index, piece] of this.#pieces.entries()) {
      if (piece.kind === "gap") {
        gap = piece;
        continue;
      }
      const start = placeOf(piece.text, name, position + (gap?.least ?? 0), {
        free: gap !== undefined,
        last: index === this.#pieces.length - 1,
      });
      if (start === undefined) return undefined;
      if (gap?.name) captures.set(gap.name, name.slice(position, start));
      position = start + piece.text.length;
      gap = undefined;
    }
    if (gap ? name.length - position < gap.least : position !== name.length) return undefined;
    if (gap?.name) captures.set(gap.name, name.slice(position));
    return captures;
  }
}

/** What keeps a text from being a pattern. */
export function namePatternFault(text: string): string | undefined {
  const pieces = piecesOf(text);
  if (pieces.some((piece) => piece.kind === "text" && /[{}]/.test(piece.text)))
    return "a capture is written as {name}, with a name of letters, digits and _";
  if (pieces.some((piece, index) => piece.kind === "gap" && pieces[index + 1]?.kind === "gap"))
    return "there must be text between two of * and {name}, or nothing says where one ends";
  const { captures } = new NamePattern(pieces);
  const twice = captures.find((name, index) => captures.indexOf(name) !== index);
  return twice === undefined ? undefined : `{${twice}} is there twice`;
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  const addText = (end: number) => {
    if (end > position) pieces.push({ kind: "text", text: text.slice(position, end) });
  };
  for (const match of text.matchAll(GAP)) {
    addText(match.index);
    const name = match[0] === "*" ? undefined : match[0].slice(1, -1);
    pieces.push({ kind: "gap", name, least: name === undefined ? 0 : 1 });
    position = match.index + match[0].length;
  }
  addText(text.length);
  return pieces;
}

function placeOf(
  text: string,
  name: string,
  from: number,
  { free, last }: { readonly free: boolean; readonly last: boolean },
): number | undefined {
  if (!free) return name.startsWith(text, from) ? from : undefined;
  // The last text belongs to the end of the name, wherever else it occurs.
  const place = last ? name.length - text.length : name.indexOf(text, from);
  return place >= from && name.startsWith(text, place) ? place : undefined;
}
