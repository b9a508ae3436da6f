import { BadLine } from "./line.js";

const NEWLINE = 0x0a;

/** The lines of a stream without what ends them; the last one needs no end. */
export async function* linesOf(stream: AsyncIterable<Buffer>, most: number): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pieces.push(chunk.subarray(start, end));
      if (length + end - start > most) throw new BadLine(`is longer than ${most} bytes`);
      yield Buffer.concat(pieces).toString();
      pieces = [];
      length = 0;
      start = end + 1;
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > most) throw new BadLine(`is longer than ${most} bytes`);
  }
  if (length > 0) yield Buffer.concat(pieces).toString();
}
