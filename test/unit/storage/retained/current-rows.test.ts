import assert from "node:assert/strict";
import { test } from "node:test";
import { found, message, setUp } from "./set-up.js";

test("a reader that is slow gets each topic once, as it is then", async (t) => {
  const { rows, write } = await setUp(t);
  const topic = (index: number) => `t/${String(index).padStart(4, "0")}`;
  for (let index = 0; index < 500; index++) rows.put(message(topic(index), "old"));
  await write();
  const got: string[] = [];
  for await (const { topic: name, payload } of rows.find("+/#")) {
    const index = Number(name.slice(2));
    got.push(name);
    assert.equal(payload.toString(), index > 0 && index % 2 === 0 ? "new" : "old", name);
    // The next one is removed or replaced, gathered only or written as well.
    if (index % 4 === 1) rows.put(message(topic(index + 1), "new"));
    if (index % 4 === 3 && index < 300) rows.put(message(topic(index + 1), "new"));
    if (index % 4 === 3 && index >= 300) rows.remove(topic(index + 1));
    if (index % 8 > 3 || index >= 300) await write();
  }
  const wanted = Array.from({ length: 500 }, (_, index) => index).filter(
    (index) => index <= 300 || index % 4 !== 0,
  );
  assert.deepEqual(got, wanted.map(topic));
});

test("a reader may stop, and the database be closed and opened between two messages", async (t) => {
  const { rows, write, reopen } = await setUp(t);
  for (let index = 0; index < 5000; index++) rows.put(message(`t/${index}`));
  await write();
  for await (const first of rows.find("#")) {
    assert.equal(first.topic, "t/0");
    break;
  }
  let count = 0;
  for await (const _ of rows.find("#")) if (++count % 1000 === 0) await reopen();
  assert.equal(count, 5000);
});

test("what is written while the disk is read wins over what was read", async (t) => {
  const { rows, write, meanwhile } = await setUp(t);
  for (const topic of ["a", "b", "c", "d"]) rows.put(message(topic, "old", 1));
  await write();
  const replace = (topic: string) => async () => {
    rows.put(message(topic, "new", 10));
    await write();
  };
  assert.deepEqual(await meanwhile(() => found(rows, "a"), replace("a")), ["a=new"]);
  assert.deepEqual(await meanwhile(() => found(rows, "+"), replace("b")), [
    "a=new",
    "b=new",
    "c=old",
    "d=old",
  ]);
  assert.equal(await meanwhile(() => rows.sweep(5, 1000), replace("c")), 1);
  await write();
  assert.deepEqual(await found(rows, "#"), ["a=new", "b=new", "c=new"]);
});

test("of several groups that are written while the disk is read the last one wins", async (t) => {
  const { rows, write, meanwhile } = await setUp(t);
  for (const topic of ["a", "b", "c"]) rows.put(message(topic, "old", 1));
  await write();
  const replace = async () => {
    rows.put(message("a", "new", 10));
    rows.put(message("b", "new", 10));
    await write();
    rows.remove("b");
    await write();
    rows.put(message("a", "newest", 10));
    await write();
    rows.put(message("d", "other", 10));
    await write();
  };
  assert.deepEqual(await meanwhile(() => found(rows, "a"), replace), ["a=newest"]);
  rows.put(message("b", "old", 1));
  await write();
  assert.deepEqual(await meanwhile(() => found(rows, "b"), replace), []);
  rows.put(message("b", "old", 1));
  await write();
  assert.deepEqual(await meanwhile(() => found(rows, "+/#"), replace), ["a=newest", "c=old", "d=other"]);
  rows.put(message("b", "old", 1));
  await write();
  assert.equal(await meanwhile(() => rows.sweep(5, 1000), replace), 1);
  assert.equal(rows.size, 2);
});

test("what is gathered while the disk is read wins over what was read", async (t) => {
  const { rows, write, meanwhile } = await setUp(t);
  for (const topic of ["a", "b", "c", "d"]) rows.put(message(topic, "old", 1));
  await write();
  const replace = (topic: string) => async () => rows.put(message(topic, "new", 10));
  assert.deepEqual(await meanwhile(() => found(rows, "a"), replace("a")), ["a=new"]);
  assert.deepEqual(await meanwhile(() => found(rows, "#"), replace("b")), [
    "a=new",
    "b=new",
    "c=old",
    "d=old",
  ]);
  assert.equal(await meanwhile(() => rows.sweep(5, 1000), replace("c")), 1);
  await write();
  assert.deepEqual(await found(rows, "#"), ["a=new", "b=new", "c=new"]);
});

test("a reader comes to its end although each of its reads is overtaken by a group", async (t) => {
  const { rows, write, overtake } = await setUp(t);
  const topics = Array.from({ length: 300 }, (_, index) => `t/${String(index).padStart(3, "0")}`);
  for (const topic of topics) rows.put(message(topic, "old"));
  await write();
  let round = 0;
  overtake(async () => {
    assert.ok(++round < 1000, "it goes on reading");
    rows.put(message("t/000", `${round}`));
    await write();
  });
  assert.deepEqual(await found(rows, "t/000"), ["t/000=1"]);
  const [first, ...others] = await found(rows, "t/+");
  assert.match(first ?? "", /^t\/000=[1-9]/);
  assert.deepEqual(
    others,
    topics.slice(1).map((topic) => `${topic}=old`),
  );
  assert.equal(await rows.sweep(1, 1000), 0);
  assert.equal(await rows.sweep(2, 1000), 300);
});
