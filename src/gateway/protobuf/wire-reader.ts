import { isUtf8 } from "node:buffer";
import { NotACommand } from "../command.js";
import { DELIMITED, VARINT } from "./message.js";

const FIXED64 = 1;
const FIXED32 = 5;
const MOST_BYTES_OF_VARINT = 10;
/** Field numbers begin with 1. */
const LOWEST_TAG = 8;

const notProtobuf = (why: string): NotACommand => new NotACommand(`the message is not Protobuf: ${why}`);

/** Reads one message, or a list of them, from bytes that a stranger has sent. @throws {NotACommand} where they are not Protobuf. */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #position: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#position >= this.#end;
  }

  /** What stands before a value: the number of its field, and how its end is found. */
  tag(): number {
    const tag = this.#size();
    if (tag < LOWEST_TAG) throw notProtobuf("a field has no number");
    return tag;
  }

  /** A number as it is written: the 64 bits of it. */
  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < MOST_BYTES_OF_VARINT; i++) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw notProtobuf("a number is too long");
  }

  /** What has its length before it. */
  delimited(): WireReader {
    const start = this.#take(this.#size());
    return new WireReader(this.#bytes, start, this.#position);
  }

  bytes(): Buffer {
    const start = this.#take(this.#size());
    return this.#bytes.subarray(start, this.#position);
  }

  string(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw notProtobuf("text must be UTF-8");
    return bytes.toString();
  }

  /** Leaves out a value whose field nobody knows. */
  skip(tag: number): void {
    const wireType = tag % 8;
    if (wireType === VARINT) this.varint();
    else if (wireType === DELIMITED) this.#take(this.#size());
    else if (wireType === FIXED64) this.#take(8);
    else if (wireType === FIXED32) this.#take(4);
    else throw notProtobuf("a field has no known wire type");
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  /** A tag or a length: nearly always a byte or two. */
  #size(): number {
    const first = this.#bytes[this.#position];
    if (this.done || first === undefined || first >= 0x80) return Number(this.varint());
    this.#position++;
    return first;
  }

  /** Goes on by so many bytes; gives where they begin. */
  #take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) throw notProtobuf("a message ends before its time");
    this.#position = start + length;
    return start;
  }
}
