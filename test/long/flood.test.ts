import { test } from "node:test";
import { FLOODS, floodDeaf } from "../faults/support/deaf.js";
import { flood } from "../faults/support/flood.js";

const MIB = 1024 ** 2;

test("a flood of QoS 0 for 30 s: the polite lose nothing, memory stays bounded, everything is accounted for", async (t) => {
  const { sent, dropped, polite, memory } = await flood(t, 30);
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => `${polite.percentile(share).toFixed(1)} ms`);
  t.diagnostic(`${sent} sent, ${dropped} dropped for the slow one`);
  t.diagnostic(`the polite, ${polite.latencies.length} messages: p50 ${p50}, p99 ${p99}, longest ${longest}`);
  const [before, most] = [memory.before, memory.most].map((bytes) => Math.round(bytes / MIB));
  t.diagnostic(`memory: ${before} MiB before, ${most} MiB at most`);
});

// Without large answers it takes millions of small ones until the buffers between the two are full.
for (const kind of Object.keys(FLOODS))
  test(`a client that sends nothing but ${kind} at full speed and never reads is closed for it`, async (t) => {
    await floodDeaf(t, { flood: kind, filled: false, batch: 5_000, writes: 10_000, milliseconds: 60_000 });
  });
