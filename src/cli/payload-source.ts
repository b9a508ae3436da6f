import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Failure } from "./failure.js";

/** The most that fits into a packet [MQTT-2.2.3]; the broker's own limit is lower. */
const MAX_PAYLOAD = 256 * 1024 * 1024;

/** All that comes, as one payload. */
export async function readAll(input: Readable, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_PAYLOAD) throw new Failure(`${name} is larger than an MQTT packet may be (256 MiB)`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function readFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    return await readAll(file.createReadStream(), path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`cannot read --file ${path}: ${(error as Error).message.split(",")[0]}`);
  }
}

/** Line by line, without the line ends, byte for byte: a payload need not be text. */
export async function* readLines(input: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      yield withoutReturn(Buffer.concat(parts));
      parts = [];
      length = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    length += chunk.length - start;
    if (length > MAX_PAYLOAD) throw new Failure("a line is larger than an MQTT packet may be (256 MiB)");
    parts.push(chunk.subarray(start));
  }
  if (length > 0) yield withoutReturn(Buffer.concat(parts));
}

const withoutReturn = (line: Buffer): Buffer => (line.at(-1) === 13 ? line.subarray(0, -1) : line);
