/*
 * What waits for a session within one turn of the event loop, as a linked list that sessions share: two sessions that were given
 * the same frames in the same order hold the same Batch. So giving a frame to a session is one comparison and one assignment,
 * and however many sessions receive a batch, its bytes are joined once.
 */

const NEWLINE = 0x0a;

export class Batch {
  /** Bytes of all frames so far, with the newlines between them. */
  readonly bytes: number;
  readonly #previous: Batch | undefined;
  readonly #frame: Buffer | undefined;
  #next: Batch | undefined;
  #joined: Buffer | undefined;
  #frames: readonly Buffer[] | undefined;

  private constructor(previous: Batch | undefined, frame: Buffer | undefined) {
    this.#previous = previous;
    this.#frame = frame;
    this.bytes = (previous && previous.bytes > 0 ? previous.bytes + 1 : 0) + (frame?.length ?? 0);
  }

  static empty(): Batch {
    return new Batch(undefined, undefined);
  }

  /** This batch and one frame more. */
  with(frame: Buffer): Batch {
    const next = this.#next;
    if (next !== undefined && next.#frame === frame) return next;
    this.#next = new Batch(this, frame);
    return this.#next;
  }

  /** All frames, joined by newlines. */
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
      if (end > 0) joined[end++] = NEWLINE;
      joined.set(frame, end);
      end += frame.length;
    }
    return joined;
  }
}
