import assert from "node:assert/strict";
import { test } from "node:test";
import type { Publisher } from "../../../src/mqtt/intake.js";
import { Publishers } from "../../../src/mqtt/publishers.js";

test("messages of one origin share a publisher while one of them is on its way, and nobody else's do", async () => {
  const publishers = new Publishers();
  const seen: Publisher[] = [];
  let taken = () => {};
  const first = publishers.as("a", async (publisher) => {
    seen.push(publisher);
    publisher.pending++;
    await new Promise<void>((resolve) => {
      taken = resolve;
    });
    publisher.pending--;
  });
  await publishers.as("a", async (publisher) => void seen.push(publisher));
  await publishers.as("b", async (publisher) => void seen.push(publisher));
  taken();
  await first;
  await assert.rejects(
    publishers.as("a", async (publisher) => {
      seen.push(publisher);
      throw new Error("refused");
    }),
    /refused/,
  );
  const [one, same, other, later] = seen;
  assert.ok(one === same && one !== other && one !== later);
});
