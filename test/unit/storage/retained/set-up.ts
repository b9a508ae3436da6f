import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Level } from "level";
import { RetainedRows } from "../../../../src/storage/level/retained/retained.js";
import { topicKey } from "../../../../src/storage/level/retained/topic-key.js";
import type { StoredMessage } from "../../../../src/storage/store.js";

export const message = (topic: string, payload = topic, time = 1): StoredMessage => ({
  topic,
  payload: Buffer.from(payload),
  qos: 1,
  retain: true,
  time,
});

export async function setUp(t: TestContext, { maxRetained = 1_000_000 } = {}) {
  const path = await mkdtemp(join(tmpdir(), "causeway-retained-"));
  const open = () =>
    new Level<Buffer, Buffer>(path, { keyEncoding: "buffer", valueEncoding: "buffer", compression: false });
  let level = open();
  let gate: Gate | undefined;
  /** Reads of the database. */
  let reads = 0;
  const damaged: string[] = [];
  const create = () =>
    new RetainedRows({
      level: () => {
        reads++;
        return gate ? late(level, gate) : level;
      },
      maxRetained,
      onDamage: (topic) => damaged.push(topic),
    });
  t.after(async () => {
    await level.close();
    await rm(path, { recursive: true, force: true });
  });
  await level.open();
  const rows = create();
  await rows.load();
  return {
    rows,
    create,
    damaged,
    reads: () => reads,
    /** From now on what is read is handed over late: after `work`, which is done when it has been read. */
    async meanwhile<T>(read: () => Promise<T>, work: () => Promise<unknown>): Promise<T> {
      let open = (): void => undefined;
      let arrived = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      gate = { arrived: () => arrived(), opened };
      const reading = read();
      await arrival;
      gate = undefined;
      await work();
      open();
      return reading;
    },
    /** From now on what is read is handed over late: after `work`. */
    overtake(work: () => Promise<unknown>) {
      gate = {
        arrived: () => undefined,
        get opened() {
          return work().then(() => undefined);
        },
      };
    },
    /** Neighbours of other kinds, which must never be seen. */
    surround: () =>
      level.batch([
        { type: "put", key: Buffer.from("Oa"), value: Buffer.from("before") },
        { type: "put", key: Buffer.from("Qa"), value: Buffer.from("after") },
      ]),
    get: (topic: string) => level.get(topicKey(topic)),
    put: (topic: string, value: Buffer) => level.put(topicKey(topic), value),
    async write() {
      const operations = rows.take();
      await level.batch(operations);
      rows.written();
      return operations;
    },
    begin() {
      const operations = rows.take();
      return async () => {
        await level.batch(operations);
        rows.written();
      };
    },
    async reopen() {
      await level.close();
      level = open();
      await level.open();
    },
  };
}

interface Gate {
  arrived(): void;
  readonly opened: Promise<void>;
}

/** The same database or iterator, whose answers are handed over when the gate is opened. */
function late<T extends object>(source: T, gate: Gate): T {
  return new Proxy(source, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const result = member.apply(target, args);
        if (name === "iterator") return late(result, gate);
        if (name !== "get" && name !== "nextv") return result;
        return result.then((answer: unknown) => {
          gate.arrived();
          return gate.opened.then(() => answer);
        });
      };
    },
  });
}

export async function found(rows: RetainedRows, filter: string): Promise<string[]> {
  const list: string[] = [];
  for await (const { topic, payload } of rows.find(filter)) list.push(`${topic}=${payload}`);
  return list.sort();
}
