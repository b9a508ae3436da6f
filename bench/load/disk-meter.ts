import { get } from "node:http";
import { text } from "node:stream/consumers";
import { writtenBytes } from "../measure/disk.js";
import type { Figures } from "../measure/figures.js";

/** Groups that a server has written, as its metrics tell it. */
const WRITES = /^\w*store_writes(?:_total)?(?:\{[^}]*\})? (\S+)$/m;
const ANSWER_MS = 5_000;

interface Reading {
  readonly messages: number;
  readonly bytes: number | undefined;
  readonly writes: number | undefined;
}

export interface DiskMeterOptions {
  readonly serverPid: number;
  /** URL of the server's metrics, where it has some that tell how often it wrote. */
  readonly metrics: string | undefined;
  readonly messages: () => number;
}

/** What a server writes to its disk from one moment to another. */
export class DiskMeter {
  readonly #options: DiskMeterOptions;
  #before: Reading | undefined;

  constructor(options: DiskMeterOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#before = await this.#read();
  }

  /** Since the start; without what cannot be told. */
  async figures(): Promise<Figures> {
    const [before, after] = [this.#before, await this.#read()];
    const messages = after.messages - (before?.messages ?? 0);
    const bytes = difference(before?.bytes, after.bytes);
    const writes = difference(before?.writes, after.writes);
    return {
      ...(bytes === undefined ? {} : { writtenPerMessage: bytes / messages }),
      ...(writes ? { messagesPerWrite: messages / writes } : {}),
    };
  }

  async #read(): Promise<Reading> {
    const { serverPid, metrics, messages } = this.#options;
    const writes = metrics === undefined ? undefined : await storeWrites(metrics);
    return { messages: messages(), bytes: writtenBytes(serverPid), writes };
  }
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** Undefined when there is no such metric. */
async function storeWrites(url: string): Promise<number | undefined> {
  const [, value] = WRITES.exec(await fetchText(url)) ?? [];
  return value === undefined ? undefined : Number(value);
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: ANSWER_MS, agent: false }, (response) => {
      text(response).then(resolve, reject);
    });
    request.once("timeout", () => request.destroy(new Error(`${url}: no answer within ${ANSWER_MS} ms`)));
    request.once("error", reject);
  });
}
