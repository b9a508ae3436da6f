import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "../../../src/auth/recent-map.js";

test("at the bound it forgets what was not asked for longest", () => {
  const map = new RecentMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assert.equal(map.get("a"), 1);
  map.set("c", 3);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c")], [1, undefined, 3]);
  assert.deepEqual([map.size, map.forgotten], [2, 1]);
});

test("what is set anew takes no second place", () => {
  const map = new RecentMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  assert.deepEqual([map.get("a"), map.get("b"), map.forgotten], [3, 2, 0]);
});
