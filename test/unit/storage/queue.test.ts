import assert from "node:assert/strict";
import { test } from "node:test";
import { large, QueueGround } from "./queue-ground.js";
import { randomFrom } from "./random.js";

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const numbers = (entries: readonly { sequence: number }[]) => entries.map(({ sequence }) => sequence);

test("pages go when all that is in them is done with, those of a client that was away too", async (t) => {
  for (const attached of [true, false]) {
    const ground = await QueueGround.open(t);
    const { queue, state } = ground.queue("a");
    queue.attached = attached;
    for (const number of upTo(30)) {
      ground.share([queue], number);
      await ground.write();
    }
    assert.deepEqual(await ground.pages("a"), upTo(30));
    for (const { passed, open, left } of [
      { passed: 9, open: [], left: upTo(30, 10) },
      { passed: 20, open: [10, 15], left: upTo(30, 10) },
      { passed: 29, open: [], left: [30] },
      { passed: 30, open: [], left: [] },
    ]) {
      Object.assign(state, { passed, open });
      queue.changed();
      await ground.settle();
      const pages = await ground.pages("a");
      assert.ok(left.every((page) => !(open as number[]).includes(page) || pages.includes(page)));
      if (open.length === 0) assert.deepEqual(pages, left, `${attached}, ${passed}`);
      assert.equal(ground.blocks.size, pages.length);
      assert.equal(await ground.blockRows(), pages.length);
    }
    assert.deepEqual([ground.failures, ground.damaged], [[], []]);
  }
});

test("a client that leaves before pages that were found done are removed releases nothing twice", async (t) => {
  const ground = await QueueGround.open(t);
  const { queue, state } = ground.queue("a");
  const { queue: other } = ground.queue("b");
  for (const number of upTo(5)) {
    ground.share([queue, other], number);
    await ground.write();
  }
  queue.attached = true;
  Object.assign(state, { passed: 5, open: [1] });
  queue.changed();
  await ground.write();
  await ground.gathered();
  queue.attached = false;
  await ground.settle();
  assert.deepEqual(await ground.pages("a"), [1]);
  assert.deepEqual([ground.blocks.size, await ground.blockRows()], [5, 5]);
  assert.deepEqual(numbers(await other.read(0, 10)), upTo(5));
});

test("a client that leaves while its pages are looked at leaves none of them for ever", async (t) => {
  const ground = await QueueGround.open(t);
  const { queue, state } = ground.queue("a");
  for (const number of upTo(6)) {
    ground.share([queue], number);
    await ground.write();
  }
  queue.attached = true;
  Object.assign(state, { passed: 3, open: [1] });
  queue.changed();
  await ground.settle();
  assert.deepEqual(await ground.pages("a"), [1, 4, 5, 6]);
  state.passed = 6;
  queue.changed();
  const group = ground.take();
  queue.attached = false;
  await group.write();
  await ground.settle();
  assert.deepEqual(await ground.pages("a"), [1]);
  state.open = [];
  queue.changed();
  await ground.settle();
  assert.deepEqual(await ground.pages("a"), []);
  assert.deepEqual([ground.blocks.size, await ground.blockRows()], [0, 0]);
});

test("a queue that was removed takes nothing more, and gives back what it had gathered", async (t) => {
  const ground = await QueueGround.open(t);
  const { queue } = ground.queue("a");
  const { queue: other } = ground.queue("b");
  ground.share([queue, other], 1);
  ground.share([queue], 2);
  queue.remove();
  ground.share([queue, other], 2);
  queue.add(3, large(3), 1, false);
  queue.changed();
  await ground.settle();
  assert.deepEqual(await ground.pages("a"), []);
  assert.deepEqual(numbers(await other.read(0, 10)), [1, 2]);
  other.remove();
  assert.equal(ground.blocks.size, 1, "the page that was written, and it alone");
});

test("whoever comes and goes whenever it likes, a block stays as long as some queue needs it", async (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomFrom(seed);
    const ground = await QueueGround.open(t);
    const { queue: keeper } = ground.queue("keeper");
    const clients = ["a", "b"].map((name) => ground.queue(name));
    let last = 0;
    let group: { write(): Promise<void> } | undefined;
    for (let step = 0; step < 400; step++) {
      const { queue, state } = clients[random(2)] ?? ground.queue("c");
      const dice = random(20);
      if (dice < 5) ground.share([keeper, ...clients.map((client) => client.queue)], ++last);
      else if (dice < 8) queue.attached = !queue.attached;
      else if (dice < 13) {
        const passed = state.passed + random(last - state.passed + 1);
        const owed = upTo(passed, state.passed + 1);
        Object.assign(state, { passed, open: [...state.open, ...owed].filter(() => random(3) > 0) });
        queue.changed();
      } else if (dice < 17) group ??= ground.take();
      else {
        await group?.write();
        group = undefined;
      }
    }
    await group?.write();
    await ground.write();
    for (const { queue, state } of clients) {
      Object.assign(state, { passed: last, open: [] });
      queue.changed();
    }
    await ground.settle();
    assert.deepEqual(numbers(await keeper.read(0, 10_000)), upTo(last), `seed ${seed}`);
    assert.equal(ground.blocks.size, await ground.blockRows(), `seed ${seed}`);
    for (const name of ["a", "b"]) assert.deepEqual(await ground.pages(name), [], `seed ${seed}`);
    assert.deepEqual([ground.failures, ground.damaged], [[], []]);
  }
});
