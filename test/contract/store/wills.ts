import assert from "node:assert/strict";
import { test } from "node:test";
import { MESSAGES, messageWith, TEXTS } from "../../unit/storage/hostile.js";
import { collect, type NewGround, open, restart } from "./ground.js";

export function wills(newGround: NewGround): void {
  test("wills are as they were put last, and go when they are removed", async (t) => {
    const ground = await newGround(t);
    let opened = await open(ground);
    const { store } = opened;
    const expected = MESSAGES.map((message, index) => ({
      ...message,
      clientId: TEXTS[index] ?? `client ${index}`,
      brokerId: index % 5 === 0 ? "\u20ac".repeat(85) : `${index}`,
      ...(index % 3 === 0 ? { owner: { user: TEXTS[index] ?? "anna", stated: index % 2 === 0 } } : {}),
    }));
    const put = (will: (typeof expected)[number]) => store.write({ type: "put-will", will });
    for (const will of expected) put({ ...will, ...messageWith({ topic: "old" }) });
    await store.flush();
    for (const will of expected) put(will);
    const gone = { ...messageWith(), clientId: "gone", brokerId: "b" };
    put(gone);
    await store.flush();
    store.write({ type: "remove-will", clientId: "gone" });
    store.write({ type: "remove-will", clientId: "never there" });
    opened = await restart(ground, opened);
    assert.equal(opened.sessions.size, 0, "a will makes no session");
    const found = new Map((await collect(opened.store.wills())).map((will) => [will.clientId, will]));
    assert.deepEqual(found, new Map(expected.map((will) => [will.clientId, will])));
  });
}
