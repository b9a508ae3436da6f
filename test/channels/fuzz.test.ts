import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../model/random.js";
import { Bystander } from "./fuzz/bystander.js";
import { corpus } from "./fuzz/corpus.js";
import { fuzz, fuzzServer } from "./fuzz/fuzz.js";
import { mutate } from "./fuzz/mutation.js";
import { emulate, RawStream } from "./support/raw-stream.js";

const SESSIONS = 250;
/** Over HTTP, and requests of each. */
const STREAMS = 30;
const REQUESTS = 13;

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

test("so do those that come by requests of their own, which are answered as ever", async (t) => {
  const server = await fuzzServer(t);
  const bystander = await Bystander.at(t, server);
  const statuses = new Set<number>();
  let closed = 0;
  for (let seed = 1; seed <= STREAMS; seed++) {
    const random = new Random(seed);
    const client = await (seed % 2 === 0 ? RawStream.stream(t, server) : RawStream.events(t, server));
    const { session, node } = (await client.reply(1)).connect as { session: string; node: string };
    const requests: Promise<number>[] = [];
    for (let n = 0; n < REQUESTS; n++) {
      const lines = Array.from({ length: random.between(1, 3) }, (_, i) =>
        mutate(random.oneOf(corpus), 2 + 3 * n + i, random),
      );
      const status = emulate(server, { session, node, data: lines.join("\n") });
      requests.push(status);
      if (random.chance(0.5)) await status;
    }
    for (const status of await Promise.all(requests)) statuses.add(status);
    const end = client.replies.find(({ push }) => (push as { disconnect?: object } | undefined)?.disconnect);
    if (end) {
      closed++;
      assert.ok([3501, 3005, 3500].includes(((await client.disconnected()) as { code: number }).code));
      assert.equal(await client.ended, "complete");
    } else client.response.destroy();
  }
  assert.deepEqual([...statuses], [204]);
  assert.ok(closed > 0 && closed < STREAMS, `${closed} were closed`);
  await bystander.isWell(t);
  assert.deepEqual(
    server.log.filter(({ level }) => Number(level) >= 50),
    [],
  );
});
