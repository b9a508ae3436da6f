import assert from "node:assert/strict";
import { test } from "node:test";
import { Blocks } from "../../../src/storage/level/blocks.js";
import { recordIn } from "../../../src/storage/level/format/block.js";
import { readNumber } from "../../../src/storage/level/format/bytes.js";
import { decodeMessage } from "../../../src/storage/level/format/records.js";
import { isIntact } from "../../../src/storage/level/format/row.js";
import { messageWith } from "./hostile.js";
import { randomFrom } from "./random.js";

const large = messageWith({ payload: Buffer.alloc(64 * 1024) });

/** What the database would hold after all that was taken. */
class Disk {
  readonly values = new Map<number, Buffer>();

  write(blocks: Blocks): string[] {
    return blocks.take().map((operation) => {
      const id = readNumber(operation.key, 1);
      if (operation.type === "del") this.values.delete(id);
      else {
        assert.ok(isIntact(operation.key, operation.value));
        this.values.set(id, operation.value);
      }
      return `${operation.type} ${id}`;
    });
  }
}

test("messages share a block until it is full, and each is where it is said to be", () => {
  const blocks = new Blocks();
  const disk = new Disk();
  const messages = Array.from({ length: 300 }, (_, index) =>
    messageWith({ payload: Buffer.alloc(index * 5, index) }),
  );
  const references = messages.map((message) => blocks.add(message));
  for (const id of new Set(references.map(({ block }) => block))) blocks.hold(id);
  assert.deepEqual(disk.write(blocks), ["put 1", "put 2", "put 3", "put 4"]);
  for (const [index, reference] of references.entries()) {
    const value = disk.values.get(reference.block);
    assert.ok(value);
    assert.deepEqual(decodeMessage(recordIn(value, reference)), messages[index]);
  }
  assert.deepEqual(disk.write(blocks), []);
});

test("a block goes with the last page that refers to it", () => {
  const blocks = new Blocks();
  const disk = new Disk();
  const { block } = blocks.add(large);
  for (const id of [block]) blocks.hold(id);
  for (const id of [block]) blocks.hold(id);
  assert.deepEqual(disk.write(blocks), ["put 1"]);
  blocks.release([block]);
  assert.deepEqual([disk.write(blocks), blocks.isNeeded(block), blocks.size], [[], true, 1]);
  blocks.release([block]);
  assert.deepEqual([blocks.isNeeded(block), blocks.size], [false, 0]);
  assert.deepEqual(disk.write(blocks), ["del 1"]);
});

test("a block that loses its pages and gets others before it is written stays", () => {
  const blocks = new Blocks();
  const disk = new Disk();
  const first = blocks.add(messageWith());
  for (const id of [first.block]) blocks.hold(id);
  blocks.release([first.block]);
  const second = blocks.add(messageWith());
  assert.equal(second.block, first.block);
  for (const id of [second.block]) blocks.hold(id);
  disk.write(blocks);
  assert.ok(disk.values.has(second.block));
  blocks.release([second.block]);
  disk.write(blocks);
  assert.equal(disk.values.size, 0);
});

test("new blocks are numbered above all that were found", () => {
  const blocks = new Blocks();
  for (const id of [5, 2 ** 40, 3]) blocks.found(id);
  assert.equal(blocks.add(large).block, 2 ** 40 + 1);
  blocks.found(7);
  assert.equal(blocks.add(large).block, 2 ** 40 + 2);
});

test("to release what nobody holds changes nothing", () => {
  const blocks = new Blocks();
  blocks.release([1, 2]);
  assert.deepEqual(new Disk().write(blocks), []);
});

test("on the disk are those blocks that pages refer to, whatever came and went", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = randomFrom(seed);
    const blocks = new Blocks();
    const disk = new Disk();
    let pages: number[][] = [];
    for (let group = 0; group < 60; group++) {
      let fresh: number[] = [];
      for (let step = random(12); step > 0; step--) {
        fresh.push(blocks.add(random(3) ? messageWith() : large).block);
        if (random(2)) continue;
        const page = [...new Set(fresh)];
        for (const id of page) blocks.hold(id);
        pages.push(page);
        fresh = [];
        if (random(2)) blocks.release(pages.splice(random(pages.length), 1)[0] ?? []);
      }
      const last = [...new Set(fresh)];
      for (const id of last) blocks.hold(id);
      pages.push(last);
      const [gone, kept] = [pages.filter(() => random(4) === 0), pages] as const;
      for (const page of gone) blocks.release(page);
      pages = kept.filter((page) => !gone.includes(page));
      disk.write(blocks);
      const needed = new Set(pages.flat());
      assert.deepEqual(new Set(disk.values.keys()), needed, `seed ${seed}, group ${group}`);
      assert.equal(blocks.size, needed.size);
    }
  }
});
