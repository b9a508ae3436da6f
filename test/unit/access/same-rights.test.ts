import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymous } from "../../../src/access/anonymous.js";
import type { Principal } from "../../../src/access/principal.js";
import type { StatedRights } from "../../../src/access/rights.js";
import { sameRights } from "../../../src/access/same-rights.js";

const stated: StatedRights = {
  publish: ["a/#"],
  subscribe: ["b/#"],
  channels: new Map([["c", new Set(["subscribe" as const])]]),
};
const ann: Principal = { ...anonymous, user: "ann", proof: "token", stated };

test("a newer token of the same kind leaves the rights as they are", () => {
  const newer = { ...ann, expiresAt: 7, info: 1, stated: structuredClone(stated) };
  assert.equal(sameRights(ann, newer), true);
});

test("whatever rights depend on makes a difference", () => {
  const others: Partial<Principal>[] = [
    { user: "bob" },
    { unrestricted: true },
    { proof: "none" },
    { stated: undefined },
    { stated: { ...stated, publish: [] } },
    { stated: { ...stated, subscribe: ["b/+"] } },
    { stated: { ...stated, channels: new Map() } },
    { stated: { ...stated, channels: new Map([["c", new Set(["publish" as const])]]) } },
  ];
  for (const other of others)
    assert.equal(sameRights(ann, { ...ann, ...other }), false, JSON.stringify(other));
});
