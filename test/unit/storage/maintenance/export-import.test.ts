import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Row } from "../../../../src/storage/level/format/row.js";
import { check } from "../../../../src/storage/level/maintenance/check.js";
import { exportStore } from "../../../../src/storage/level/maintenance/export.js";
import type { Fault } from "../../../../src/storage/level/maintenance/fault.js";
import { importStore } from "../../../../src/storage/level/maintenance/import.js";
import { stats } from "../../../../src/storage/level/maintenance/stats.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import * as fixture from "./fixture.js";
import {
  block,
  damaged,
  entry,
  LONG,
  lost,
  message,
  page,
  retained,
  session,
  state,
  subscription,
  version,
} from "./fixture.js";

async function storeOf(t: TestContext, rows: readonly Row[]): Promise<string> {
  const directory = join(await temporaryDirectory(t, "store"), "data");
  await fixture.write(directory, rows);
  return directory;
}

async function exported(directory: string, onFault: (fault: Fault) => void = () => assert.fail("a fault")) {
  let text = "";
  const write = async (piece: string) => {
    text += piece;
    return true;
  };
  await exportStore(directory, { write, onFault });
  return text;
}

/** In pieces that end anywhere. */
async function* pieces(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1_013) yield bytes.subarray(at, at + 1_013);
}

function objects(text: string) {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const lines = (...things: object[]) => things.map((thing) => `${JSON.stringify(thing)}\n`).join("");
const HEADER = { type: "store", format: 2 };

async function soundness(directory: string): Promise<Fault[]> {
  const faults: Fault[] = [];
  await check(directory, { onFault: (fault) => void faults.push(fault) });
  return faults;
}

test("the export of an import is the export", async (t) => {
  const directory = await storeOf(t, fixture.everything());
  const text = await exported(directory);
  const copy = join(dirname(directory), "copy");
  const counts = await importStore(copy, pieces(text));
  assert.deepEqual(counts, {
    store: 1,
    session: 4,
    subscription: 4,
    queued: 9,
    incoming: 2,
    will: 2,
    state: 2,
    retained: 4,
    stream: 9,
  });
  assert.deepEqual(await soundness(copy), []);
  assert.equal(await exported(copy), text);
  assert.deepEqual((await readdir(dirname(directory))).sort(), ["copy", "data"]);
});

test("things are written as they are, each on a line of its own", async (t) => {
  const { row, references } = block(1, [message("shared", "both", { qos: 2 })]);
  const directory = await storeOf(t, [
    version,
    session("dev1", 5),
    session(LONG),
    subscription("dev1", "ü/+/#", 2),
    page("dev1", 7, [
      message("done"),
      ...references,
      message("own", Buffer.from([255]), { properties: Buffer.from([1]) }),
    ]),
    state("dev1", 7, [{ sequence: 3, released: true }]),
    retained(message("a/b", "v")),
    row,
    entry("s", 7, "e"),
    lost("s", 9),
  ]);
  assert.deepEqual(objects(await exported(directory)), [
    HEADER,
    { type: "session", clientId: "dev1", awaySince: 5 },
    { type: "session", clientId: LONG },
    { type: "subscription", clientId: "dev1", filter: "ü/+/#", qos: 2 },
    {
      type: "queued",
      clientId: "dev1",
      sequence: 8,
      topic: "shared",
      qos: 1,
      retain: false,
      time: 1_700_000_000_000,
      payload: "Ym90aA==",
    },
    {
      type: "queued",
      clientId: "dev1",
      sequence: 9,
      topic: "own",
      qos: 1,
      retain: false,
      time: 1_700_000_000_000,
      payload: "/w==",
      properties: "AQ==",
    },
    { type: "state", clientId: "dev1", passed: 7, unacknowledged: [], released: [3] },
    { type: "retained", topic: "a/b", qos: 1, retain: true, time: 1_700_000_000_000, payload: "dg==" },
    { type: "stream", name: "s", offset: 7, entry: "ZQ==" },
    { type: "stream", name: "s", offset: 9 },
  ]);
});

test("what many queues hold is stored once or twice, not for each", async (t) => {
  const { row, references } = block(
    1,
    Array.from({ length: 20 }, (_, i) => message("all", Buffer.alloc(3_000, i))),
  );
  const clients = Array.from({ length: 50 }, (_, i) => `client-${i}`);
  const directory = await storeOf(t, [
    version,
    ...clients.flatMap((id) => [session(id), page(id, 1, references)]),
    row,
  ]);
  const copy = join(dirname(directory), "copy");
  await importStore(copy, pieces(await exported(directory)));
  const bytes = (await fixture.rowsIn(copy)).reduce((sum, { value }) => sum + value.length, 0);
  assert.ok(bytes < 3 * 20 * 3_000, `${bytes} bytes`);
  assert.equal((await stats(copy)).queued.messages, 1_000);
});

test("damaged rows are left out and told; the rest can be imported", async (t) => {
  const missing = block(1, [message("missing")]);
  const directory = await storeOf(t, [
    version,
    damaged(session("dev1")),
    page("dev1", 1, [message("kept"), ...missing.references]),
    damaged(retained(message("a"))),
    retained(message("b")),
  ]);
  const faults: Fault[] = [];
  const text = await exported(directory, (fault) => void faults.push(fault));
  assert.deepEqual(
    faults.map(({ kind, clientId, topic }) => [kind, clientId ?? topic]),
    [
      ["session", "dev1"],
      ["queue", "dev1"],
      ["retained", "a"],
    ],
  );
  const copy = join(dirname(directory), "copy");
  await importStore(copy, pieces(text));
  assert.deepEqual(await soundness(copy), []);
  assert.deepEqual(
    objects(await exported(copy)).map(({ type, clientId, topic }) =>
      [type, clientId, topic].filter(Boolean).join(" "),
    ),
    ["store", "session dev1", "queued dev1 kept", "retained b"],
  );
});

test("an export ends when no more is wanted", async (t) => {
  const rows = Array.from({ length: 3_000 }, (_, i) => retained(message(`a/${i}`, "x".repeat(100))));
  const directory = await storeOf(t, [version, ...rows]);
  let pieces = 0;
  await exportStore(directory, {
    write: async () => ++pieces < 2,
    onFault: () => assert.fail("a fault"),
  });
  assert.equal(pieces, 2);
});

const bad: [string, string, RegExp][] = [
  ["nothing", "", /no lines/],
  ["no header", lines({ type: "session", clientId: "a" }), /^line 1 is not the/],
  ["another format", lines({ type: "store", format: 3 }), /^line 1 has a bad format: .*format 2 only/],
  ["no JSON", `${lines(HEADER)}{\n`, /^line 2 is not JSON/],
  ["an empty line", `${lines(HEADER)}\n${lines(HEADER)}`, /^line 2 is not JSON/],
  ["an unknown type", lines(HEADER, { type: "client" }), /^line 2 has a bad type/],
  ["an unknown key", lines(HEADER, { type: "session", clientId: "a", topic: "x" }), /^line 2 .*topic/],
  ["a second header", lines(HEADER, HEADER), /^line 2 is another header/],
  [
    "a bad filter",
    lines(
      HEADER,
      { type: "session", clientId: "a" },
      { type: "subscription", clientId: "a", filter: "a/#/b", qos: 0 },
    ),
    /^line 3 has a bad filter: # must be/,
  ],
  [
    "a bad topic",
    lines(HEADER, { type: "retained", topic: "a/+", qos: 0, retain: true, time: 0, payload: "" }),
    /^line 2 has a bad topic/,
  ],
  [
    "a payload that is not base64",
    lines(HEADER, { type: "retained", topic: "a", qos: 0, retain: true, time: 0, payload: "?" }),
    /^line 2 has a bad payload: is not base64/,
  ],
  [
    "half a character",
    `${lines(HEADER)}{"type":"session","clientId":"\\ud800"}\n`,
    /^line 2 has a bad clientId/,
  ],
  [
    "too long an identifier",
    lines(HEADER, { type: "session", clientId: `${LONG}y` }),
    /^line 2 has a bad clientId/,
  ],
  [
    "a session twice",
    lines(HEADER, ...Array(2).fill({ type: "session", clientId: "a" })),
    /^line 3 has a client/,
  ],
  [
    "numbers that do not ascend",
    lines(HEADER, queued("a", 2), queued("b", 1), queued("a", 2)),
    /^line 4 has a bad seq/,
  ],
  [
    "offsets that do not ascend",
    lines(HEADER, streamLine("a", 2), streamLine("b", 1), streamLine("a", 2)),
    /^line 4 has a bad offset: 2 does not ascend in the stream "a"/,
  ],
  ["a negative offset", lines(HEADER, streamLine("a", -1)), /^line 2 has a bad offset/],
  [
    "a state that does not ascend",
    lines(HEADER, { ...stateLine(), released: [2, 2] }),
    /^line 2 has a bad released/,
  ],
];

function queued(clientId: string, sequence: number) {
  return { type: "queued", clientId, sequence, topic: "t", qos: 1, retain: false, time: 0, payload: "" };
}

function streamLine(name: string, offset: number) {
  return { type: "stream", name, offset, entry: "" };
}

function stateLine() {
  return { type: "state", clientId: "a", passed: 3, unacknowledged: [1], released: [2] };
}

for (const [what, text, pattern] of bad)
  test(`a bad line is named, and nothing is left: ${what}`, async (t) => {
    const home = await temporaryDirectory(t, "store");
    await assert.rejects(importStore(join(home, "data"), pieces(text)), (error: Error) => {
      assert.match(error.message, pattern);
      return true;
    });
    assert.deepEqual(await readdir(home), []);
  });

test("an import goes into an empty directory, not into one that holds something", async (t) => {
  const home = await temporaryDirectory(t, "store");
  await mkdir(join(home, "empty"));
  await importStore(join(home, "empty"), pieces(lines(HEADER)));
  assert.deepEqual(await soundness(join(home, "empty")), []);
  await assert.rejects(importStore(join(home, "empty"), pieces(lines(HEADER))), /is not empty/);
  await writeFile(join(home, "file"), "");
  await assert.rejects(importStore(join(home, "file"), pieces(lines(HEADER))), /is a file/);
});

test("merged sessions, topics and streams replace those of the same name, whole", async (t) => {
  const old = block(1, [message("old", "x".repeat(100))]);
  const directory = await storeOf(t, [
    version,
    session("dev1"),
    subscription("dev1", "old/#"),
    page("dev1", 1, old.references),
    fixture.incoming("dev1", 9),
    fixture.will("dev1", message("old")),
    state("dev1", 0),
    session("dev10"),
    subscription("dev10", "kept/#"),
    page("dev10", 4, old.references),
    retained(message("old")),
    retained(message("both", "old")),
    old.row,
    ...[1, 2, 3].flatMap((offset) => [entry("both", offset), entry("kept", offset)]),
  ]);
  const fresh = block(1, [message("new", "y".repeat(100))]);
  const source = await storeOf(t, [
    version,
    session("dev1", 7),
    subscription("dev1", "new/#", 2),
    page("dev1", 1, fresh.references),
    session("dev2"),
    page("dev2", 1, fresh.references),
    session("dev3"),
    page("dev3", 1, fresh.references),
    retained(message("both", "new")),
    fresh.row,
    entry("both", 2, "new"),
  ]);
  await importStore(directory, pieces(await exported(source)), { merge: true });
  assert.deepEqual(await soundness(directory), []);
  const seen = objects(await exported(directory)).map(
    ({ type, clientId, filter, topic, payload, name, offset }) =>
      [type, clientId, filter ?? topic, type === "retained" ? atob(payload) : undefined, name, offset]
        .filter(Boolean)
        .join(" "),
  );
  assert.deepEqual(seen, [
    "store",
    "session dev1",
    "session dev2",
    "session dev3",
    "session dev10",
    "subscription dev1 new/#",
    "subscription dev10 kept/#",
    "queued dev1 new",
    "queued dev2 new",
    "queued dev3 new",
    "queued dev10 old",
    "retained both new",
    "retained old old",
    "stream both 2",
    "stream both 3", // counts as lost
    ...[1, 2, 3].map((offset) => `stream kept ${offset}`),
  ]);
  assert.deepEqual(await readdir(dirname(directory)), ["data"]);
});

test("a bad line changes nothing of the store that it was to be merged into", async (t) => {
  const directory = await storeOf(t, fixture.everything());
  const before = await exported(directory);
  const text = `${lines(HEADER, { type: "session", clientId: "dev1" })}{`;
  await assert.rejects(
    importStore(directory, pieces(text), { merge: true }),
    /^StoreError: line 3|line 3 is not JSON/,
  );
  assert.equal(await exported(directory), before);
  assert.deepEqual(await readdir(dirname(directory)), ["data"]);
});

test("figures of a store", async (t) => {
  const directory = await storeOf(t, [...fixture.everything(), damaged(retained(message("damaged")))]);
  const {
    bytesOnDisk,
    blocks,
    retained: kept,
    queued,
    longestQueues,
    streams,
    ...counts
  } = await stats(directory);
  assert.deepEqual(counts, {
    format: 2,
    rows: fixture.everything().length + 1,
    damaged: 1,
    sessions: 4,
    away: 3,
    subscriptions: 4,
    wills: 2,
    incoming: 2,
  });
  assert.deepEqual([blocks.count, kept.messages, queued.messages], [1, 4, 9]);
  assert.deepEqual([streams.count, streams.entries], [4, 9]);
  assert.deepEqual(
    longestQueues.map(({ clientId, messages }) => [clientId, messages]),
    [
      ["dev1", 4],
      ["dev10", 3],
      [LONG, 2],
    ],
  );
  assert.ok(bytesOnDisk > 1_000 && queued.bytes > 80_000);
});
