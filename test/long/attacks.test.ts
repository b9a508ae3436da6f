import { test } from "node:test";
import { floodRetained, floodTopics } from "../attacks/support/topic-flood.js";

test("a million distinct topics of one client take no more memory than a few", async (t) => {
  await floodTopics(t, { topics: 1_000_000, perSecond: 30_000 });
});

test("half a million distinct retained topics of one client stop at mqtt.maxRetained", async (t) => {
  await floodRetained(t, { topics: 500_000, perSecond: 20_000 });
});
