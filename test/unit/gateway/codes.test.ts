import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { disconnects, errors, reconnects, unsubscribes } from "../../../src/gateway/codes.js";

test("no code has two meanings", () => {
  for (const table of [errors, unsubscribes, disconnects]) {
    const codes = Object.values(table).map(({ code }) => code);
    assert.equal(new Set(codes).size, codes.length);
  }
});

test("what the table lists is sent, or it says that it is not", () => {
  const sources = ["gateway", "bridge"]
    .map((folder) => fileURLToPath(new URL(`../../../src/${folder}`, import.meta.url)))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts") && !name.startsWith("codes"))
        .map((name) => readFileSync(join(folder, name), "utf8")),
    );
  const isUsed = (word: RegExp) => sources.some((source) => word.test(source));
  for (const [name, { meaning }] of Object.entries(errors))
    assert.equal(isUsed(new RegExp(`errors\\.${name}\\b`)), !meaning.startsWith("Not sent"), name);
  for (const name of [...Object.keys(unsubscribes), ...Object.keys(disconnects)])
    assert.ok(isUsed(new RegExp(`["']${name}["']|disconnects\\.${name}\\b`)), name);
});

test("the ranges tell whether a client comes back", () => {
  const tried = [3000, 3499, 3500, 3999, 4000, 4499, 4500, 4999];
  assert.deepEqual(tried.map(reconnects), [true, true, false, false, true, true, false, false]);
});

test("close reasons fit a close frame and are not taken for JSON by clients", () => {
  for (const { reason } of Object.values(disconnects)) {
    assert.ok(Buffer.byteLength(reason) <= 123);
    assert.throws(() => JSON.parse(reason));
  }
});
