import type { Sink } from "./link.js";

const FINAL = 0x80;
/** Frames with this bit in their opcode are control frames [RFC 6455, 5.5]. */
const CONTROL = 0x08;
const LARGEST_FRAME = 0xffff;

/** Walks over the frames of a WebSocket server [RFC 6455, 5.2]: reads their headers and hands their payload on in place. */
export class Frames {
  readonly #sink: () => Sink;
  /** Bytes of the current header, and of those how many are still to come. */
  #headerBytes = 0;
  #lengthBytes = 0;
  #first = 0;
  #length = 0;
  /** Payload bytes of the current frame that are still to come. */
  #left = 0;

  constructor(sink: () => Sink) {
    this.#sink = sink;
  }

  take(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#left === 0) {
        this.#header(bytes[at++] ?? 0);
        continue;
      }
      const stop = Math.min(end, at + this.#left);
      if (this.#carriesData) this.#sink().piece(bytes, at, stop);
      this.#left -= stop - at;
      at = stop;
      if (this.#left === 0) this.#finish();
    }
  }

  get #carriesData(): boolean {
    return (this.#first & CONTROL) === 0;
  }

  #header(byte: number): void {
    const index = this.#headerBytes++;
    if (index === 0) {
      this.#first = byte;
      return;
    }
    if (index === 1) this.#shortLength(byte);
    else {
      this.#length = this.#length * 256 + byte;
      this.#lengthBytes--;
    }
    if (this.#lengthBytes > 0) return;
    this.#left = this.#length;
    this.#headerBytes = 0;
    if (this.#left === 0) this.#finish();
  }

  #shortLength(byte: number): void {
    this.#lengthBytes = byte === 126 ? 2 : byte === 127 ? 8 : 0;
    this.#length = this.#lengthBytes > 0 ? 0 : byte;
  }

  #finish(): void {
    if (this.#carriesData && (this.#first & FINAL) !== 0) this.#sink().end();
  }
}

/** A message in frames of a client. The masking key is zero, which leaves the payload as it is. */
export function clientFrames(message: Buffer, opcode: "text" | "binary"): Buffer {
  if (message.length <= LARGEST_FRAME) return clientFrame(message, opcode);
  // MQTT packets run on from one message to the next, so each frame may be one.
  const frames: Buffer[] = [];
  for (let at = 0; at < message.length; at += LARGEST_FRAME)
    frames.push(clientFrame(message.subarray(at, at + LARGEST_FRAME), opcode));
  return Buffer.concat(frames);
}

function clientFrame(payload: Buffer, opcode: "text" | "binary"): Buffer {
  const long = payload.length > 125;
  const header = Buffer.alloc(long ? 8 : 6);
  header[0] = FINAL | (opcode === "text" ? 1 : 2);
  header[1] = 0x80 | (long ? 126 : payload.length);
  if (long) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}
