import { open } from "node:fs/promises";
import type { Row } from "../format/row.js";
import type { Fault } from "./fault.js";

/** The file that removed rows go to, made with the first of them. */
export class RemovedRows {
  readonly path: string;
  #file: Awaited<ReturnType<typeof open>> | undefined;
  count = 0;

  constructor(directory: string, time: Date) {
    this.path = `${directory}.removed-${stamp(time)}.jsonl`;
  }

  async write(row: Row, { kind, clientId, topic, stream, problem }: Fault): Promise<void> {
    const line = {
      kind,
      ...(clientId === undefined ? {} : { clientId }),
      ...(topic === undefined ? {} : { topic }),
      ...(stream === undefined ? {} : { stream }),
      problem,
      key: row.key.toString("base64"),
      value: row.value.toString("base64"),
    };
    this.#file ??= await open(this.path, "ax", 0o600);
    await this.#file.appendFile(`${JSON.stringify(line)}\n`);
    this.count++;
  }

  /** Everything written so far is on the disk when this resolves. */
  async sync(): Promise<void> {
    await this.#file?.sync();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** For file names: 20260131T085959Z. */
export function stamp(time: Date): string {
  return time.toISOString().replace(/\.\d+|[-:]/g, "");
}
