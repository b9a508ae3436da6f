import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../src/bridge/history.js";
import { historyPage } from "../../../src/bridge/history-page.js";
import type { HistoryQuery } from "../../../src/gateway/channels.js";
import { errors } from "../../../src/gateway/codes.js";
import { Fault } from "../../../src/gateway/fault.js";
import { PublicationHeader } from "../../../src/gateway/publication.js";
import { aValue } from "./a-value.js";

const header = new PublicationHeader("c");
const EPOCH = "e";

/** Holds 4 to 10. */
function cutHistory(): History {
  const history = new History({ epoch: EPOCH, offset: 0 });
  for (let n = 1; n <= 10; n++) history.add(aValue("t", String(n)));
  for (let n = 1; n <= 3; n++) history.removeOldest();
  return history;
}

function offsets(query: Partial<HistoryQuery>, history = cutHistory()): number[] {
  const { publications, position } = historyPage(history, header, { limit: 100, reverse: false, ...query });
  assert.deepEqual(position, history.position);
  for (const { offset, content } of publications) assert.equal(content.data, String(offset));
  return publications.map(({ offset }) => offset);
}

const since = (offset: number, epoch = EPOCH) => ({ since: { epoch, offset } });

test("forwards, backwards, and as many as asked for", () => {
  assert.deepEqual(offsets({}), [4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(offsets({ limit: 2 }), [4, 5]);
  assert.deepEqual(offsets({ limit: 0 }), []);
  assert.deepEqual(offsets({ reverse: true }), [10, 9, 8, 7, 6, 5, 4]);
  assert.deepEqual(offsets({ reverse: true, limit: 2 }), [10, 9]);
});

test("since a position: what came after it, or before it", () => {
  assert.deepEqual(offsets(since(7)), [8, 9, 10]);
  assert.deepEqual(offsets({ ...since(7), limit: 1 }), [8]);
  assert.deepEqual(offsets(since(3)), [4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(offsets(since(10)), []);
  assert.deepEqual(offsets({ ...since(7), reverse: true }), [6, 5, 4]);
  assert.deepEqual(offsets({ ...since(7), reverse: true, limit: 2 }), [6, 5]);
  assert.deepEqual(offsets({ ...since(11), reverse: true, limit: 1 }), [10]);
  assert.deepEqual(offsets({ ...since(4), reverse: true }), []);
  assert.deepEqual(offsets({ ...since(0), reverse: true }), []);
});

test("page by page one comes through all of it, in both directions", () => {
  for (const reverse of [false, true]) {
    const seen: number[] = [];
    for (let at: number | undefined; ; at = seen.at(-1)) {
      const page = offsets({ limit: 3, reverse, ...(at === undefined ? {} : since(at)) });
      if (page.length === 0) break;
      seen.push(...page);
    }
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      [4, 5, 6, 7, 8, 9, 10],
    );
  }
});

test("a position that is not known is an error, not a part of the answer", () => {
  const queries = [since(2), since(11), since(5, "another"), { ...since(5, "another"), reverse: true }];
  for (const query of queries)
    assert.throws(
      () => offsets(query),
      (error) => error instanceof Fault && error.code === errors.unrecoverablePosition.code,
    );
});

test("without an epoch the offset counts as one of the present, as far as it goes", () => {
  assert.deepEqual(offsets(since(8, "")), [9, 10]);
  assert.deepEqual(offsets(since(1, "")), [4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(offsets({ ...since(6, ""), reverse: true }), [5, 4]);
});

test("an empty history has empty pages", () => {
  for (const reverse of [false, true]) {
    assert.deepEqual(offsets({ reverse }, new History()), []);
    const history = new History({ epoch: EPOCH, offset: 7 });
    assert.deepEqual(offsets({ reverse, ...since(7) }, history), []);
  }
});

test("an answer has a bound in bytes, and always something in it", () => {
  const history = new History({ epoch: EPOCH, offset: 0 });
  for (let n = 1; n <= 20; n++) history.add(aValue("t", `"${"x".repeat(n === 1 ? 2_000_000 : 100_000)}"`));
  const page = (query: Partial<HistoryQuery>): number[] =>
    historyPage(history, header, { limit: 1_000, reverse: false, ...query }).publications.map(
      ({ offset }) => offset,
    );
  assert.deepEqual(page({}), [1]);
  assert.deepEqual(page(since(1)), [2, 3, 4, 5, 6, 7]);
  assert.deepEqual(page({ reverse: true }), [20, 19, 18, 17, 16, 15]);
});
