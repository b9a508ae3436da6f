import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import { StorePersistence } from "./store-persistence.js";

/*
 * The tests that a persistence of Aedes has to pass, unchanged, on the embedded store. They hold for the store alone: the broker
 * keeps what it needs at hand and does not use this interface.
 */

type Work = (t: TestContext) => Promise<void>;

interface Suite {
  readonly test: (name: string, work: Work) => void;
  readonly persistence: () => Promise<StorePersistence>;
  /** Whether the persistence has the asynchronous interface. */
  readonly testAsync: boolean;
}

const TESTS = 50;

// It has no types.
const require = createRequire(import.meta.url);
const suite = require("aedes-persistence/abstract.js") as (options: Suite) => void;
const passed: string[] = [];

suite({ test: counted, persistence: openPersistence, testAsync: true });

test("that was the whole suite of the version that is pinned", async () => {
  assert.equal(passed.length, TESTS, passed.join("\n"));
  const source = await readFile(require.resolve("aedes-persistence/abstract.js"), "utf8");
  assert.equal(source.match(/^ {2}test\(/gm)?.length, TESTS);
});

function counted(name: string, work: Work): void {
  test(name, async (t) => {
    await work(t);
    passed.push(name);
  });
}

async function openPersistence(): Promise<StorePersistence> {
  const directory = await mkdtemp(join(tmpdir(), "causeway-persistence-"));
  return new StorePersistence(
    () => new LevelStore({ directory, durability: "os" }),
    () => rm(directory, { recursive: true, force: true }),
  );
}
