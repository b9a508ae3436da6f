import assert from "node:assert/strict";
import { test } from "node:test";
import { Bystander } from "../channels/fuzz/bystander.js";
import { fuzz, fuzzServer } from "../channels/fuzz/fuzz.js";

const SESSIONS = 10_000;
const PER_SERVER = 1_000;
/** Beyond those of the short test. */
const FIRST = 1_000;

test(`${SESSIONS} sessions that send what is nearly right`, async (t) => {
  for (let first = FIRST; first < FIRST + SESSIONS; first += PER_SERVER) {
    const server = await fuzzServer(t);
    const bystander = await Bystander.at(t, server);
    const { faults, frames, answers } = await fuzz(
      t,
      server,
      Array.from({ length: PER_SERVER }, (_, i) => first + i),
    );
    assert.deepEqual(faults, []);
    const delay = await bystander.isWell(t);
    console.log(
      `from seed ${first}: ${frames} frames, ${answers} answers, longest delay ${Math.round(delay)} ms`,
    );
    await server.stop();
  }
});
