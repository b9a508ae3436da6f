/** Frames that wait at a time: what a page may well send in one go, and over it requests are refused. */
export const MAX_WAITING = 256;
/** The same in bytes, in frames of the largest size. */
const LARGEST_FRAMES = 4;
/** How long a frame waits for one that should come before it: as long as a lost packet may take to be sent again. */
const GAP_PATIENCE = 1_000;

interface Frame {
  readonly text: string;
  /** Ids of its first and its last command; 0 when it has none, as a pong. */
  readonly first: number;
  readonly last: number;
}

/**
 * A client's frames that come by requests of their own, in the order in which it sent them: requests overtake each other, and the
 * ids of commands grow one by one. An id that never comes, as that of a command which was refused for its size, holds the others
 * up once.
 */
export class OrderedFrames {
  readonly #deliver: (text: string) => void;
  readonly #maxBytes: number;
  /** By their first ids; frames without any are in front, as they came. */
  #waiting: Frame[] = [];
  #bytes = 0;
  /** The id that follows what was delivered. Unknown before the first frame, which is delivered whatever it holds. */
  #next: number | undefined;
  #paused = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(maxFrameSize: number, deliver: (text: string) => void) {
    this.#maxBytes = maxFrameSize * LARGEST_FRAMES;
    this.#deliver = deliver;
  }

  /** False when too much waits already. */
  add(text: string): boolean {
    if (this.#waiting.length >= MAX_WAITING || this.#bytes + text.length > this.#maxBytes) return false;
    const frame = frameOf(text);
    const place = this.#waiting.findIndex(({ first }) => first > frame.first);
    this.#waiting.splice(place === -1 ? this.#waiting.length : place, 0, frame);
    this.#bytes += text.length;
    this.#run();
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#run();
  }

  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#endPatience();
  }

  #run(): void {
    for (let frame = this.#waiting[0]; frame && !this.#paused; frame = this.#waiting[0]) {
      if (frame.first > (this.#next ?? frame.first)) break;
      this.#waiting.shift();
      this.#bytes -= frame.text.length;
      this.#next = Math.max(this.#next ?? 0, frame.last + 1);
      if (frame.last > 0) this.#endPatience();
      this.#deliver(frame.text);
    }
    if (this.#paused || this.#waiting.length === 0) this.#endPatience();
    else this.#patience ??= setTimeout(() => this.#skip(), GAP_PATIENCE);
  }

  #endPatience(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }

  #skip(): void {
    this.#patience = undefined;
    this.#next = this.#waiting[0]?.first;
    this.#run();
  }
}

function frameOf(text: string): Frame {
  const ids = text.split("\n").flatMap(idOf);
  return { text, first: ids[0] ?? 0, last: ids.at(-1) ?? 0 };
}

/** None for what is no command: the session will say so. */
function idOf(line: string): number[] {
  try {
    const { id } = JSON.parse(line);
    return Number.isSafeInteger(id) && id > 0 ? [id] : [];
  } catch {
    return [];
  }
}
