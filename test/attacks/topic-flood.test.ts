import { test } from "node:test";
import { floodRetained, floodTopics } from "./support/topic-flood.js";

test("100,000 distinct topics of one client: subscribers, channels and verdicts stay within their bounds", async (t) => {
  await floodTopics(t, { topics: 100_000, perSecond: 30_000 });
});

test("distinct retained topics of one client stop at mqtt.maxRetained", async (t) => {
  await floodRetained(t, { topics: 60_000, perSecond: 20_000 });
});
