/*
 * What waits for a receiver within one turn of the event loop, as a linked list that receivers share: two that were given the
 * same frames in the same order hold the same Batch. So giving a frame to a receiver is one comparison and one assignment, and
 * however many receivers get a batch, its bytes are joined once.
 */

export class Batch {
  /** Bytes of all frames so far, with the separators between them. */
  readonly bytes: number;
  /** Frames so far. */
  readonly length: number;
  /** What stands between two frames; nothing where frames tell their own length. */
  readonly #separator: number | undefined;
  readonly #previous: Batch | undefined;
  readonly #frame: Buffer | undefined;
  #next: Batch | undefined;
  #joined: Buffer | undefined;
  #frames: readonly Buffer[] | undefined;

  private constructor(previous: Batch | undefined, frame: Buffer | undefined, separator: number | undefined) {
    this.#previous = previous;
    this.#frame = frame;
    this.#separator = separator;
    const before = previous?.bytes ?? 0;
    this.length = (previous?.length ?? 0) + (frame ? 1 : 0);
    this.bytes = before + (before > 0 && separator !== undefined ? 1 : 0) + (frame?.length ?? 0);
  }

  /** `separator` is a byte, as that of a newline. */
  static empty(separator?: number): Batch {
    return new Batch(undefined, undefined, separator);
  }

  /** This batch and one frame more. */
  with(frame: Buffer): Batch {
    const next = this.#next;
    if (next !== undefined && next.#frame === frame) return next;
    this.#next = new Batch(this, frame, this.#separator);
    return this.#next;
  }

  /** All frames, with separators between them. */
  join(): Buffer {
    this.#joined ??= this.#join();
    return this.#joined;
  }

  /** All frames, oldest first. */
  frames(): readonly Buffer[] {
    this.#frames ??= this.#list();
    return this.#frames;
  }

  #list(): Buffer[] {
    const frames: Buffer[] = [];
    for (let batch: Batch | undefined = this; batch !== undefined; batch = batch.#previous) {
      if (batch.#frame !== undefined) frames.push(batch.#frame);
    }
    return frames.reverse();
  }

  #join(): Buffer {
    const frames = this.frames();
    if (frames.length === 1 && frames[0]) return frames[0];
    const joined = Buffer.allocUnsafe(this.bytes);
    let end = 0;
    for (const frame of frames) {
      if (end > 0 && this.#separator !== undefined) joined[end++] = this.#separator;
      joined.set(frame, end);
      end += frame.length;
    }
    return joined;
  }
}
