import { isCaptureValue, type Piece } from "./pieces.js";

/** What may stand at one place of a name: a character, or any character that a capture takes, once or any number of times. */
type Step = string | { readonly rest: boolean; readonly repeats: boolean };

/** Whether two channel patterns have a name in common. Walks both at once, over every pair of places that one name can lead to. */
export function overlap(left: readonly Piece[], right: readonly Piece[]): boolean {
  if (beginDifferently(left[0], right[0])) return false;
  const a = stepsOf(left);
  const b = stepsOf(right);
  const seen = new Set<number>();
  const open: [number, number][] = [[0, 0]];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const [i, j] = place;
    const key = i * (b.length + 1) + j;
    if (seen.has(key)) continue;
    seen.add(key);
    if (i === a.length && j === b.length) return true;
    const x = a[i];
    const y = b[j];
    if (repeats(x)) open.push([i + 1, j]);
    if (repeats(y)) open.push([i, j + 1]);
    if (x !== undefined && y !== undefined && agree(x, y))
      open.push([repeats(x) ? i : i + 1, repeats(y) ? j : j + 1]);
  }
  return false;
}

/** Settles most pairs at once, and so keeps a long list of rules quick to check. */
function beginDifferently(x: Piece | undefined, y: Piece | undefined): boolean {
  if (x?.kind !== "text" || y?.kind !== "text") return false;
  return !x.text.startsWith(y.text) && !y.text.startsWith(x.text);
}

/** A capture takes one character or more. */
function stepsOf(pieces: readonly Piece[]): readonly Step[] {
  return pieces.flatMap((piece): Step[] => {
    if (piece.kind === "text") return [...piece.text];
    const { rest } = piece;
    return [
      { rest, repeats: false },
      { rest, repeats: true },
    ];
  });
}

function repeats(step: Step | undefined): boolean {
  return typeof step === "object" && step.repeats;
}

function agree(x: Step, y: Step): boolean {
  if (typeof x === "object") return typeof y === "object" || takes(x, y);
  return typeof y === "object" ? takes(y, x) : x === y;
}

function takes({ rest }: { readonly rest: boolean }, character: string): boolean {
  return isCaptureValue(character, rest);
}
