import assert from "node:assert/strict";
import { test } from "node:test";
import { Bystander } from "./fuzz/bystander.js";
import { fuzz, fuzzServer } from "./fuzz/fuzz.js";

const SESSIONS = 250;

test("frames that are nearly right get the protocol's own errors and codes, and nobody else notices", async (t) => {
  const server = await fuzzServer(t);
  const bystander = await Bystander.at(t, server);
  const { faults, sessions, frames, answers, closed } = await fuzz(
    t,
    server,
    Array.from({ length: SESSIONS }, (_, i) => i + 1),
  );
  assert.deepEqual(faults, []);
  const delay = await bystander.isWell(t);
  const codes = [...closed].map(([code, count]) => `${count} x ${code}`).join(", ");
  t.diagnostic(
    `${sessions} sessions, ${frames} frames, ${answers} answers; closed: ${codes}; longest delay ${Math.round(delay)} ms`,
  );
  assert.ok(frames > SESSIONS * 3 && answers > frames / 3, "most of them reach the commands");
  const { subscribers } = server.bridge.stats();
  assert.equal(subscribers, 1, "nothing is left of the others");
});
