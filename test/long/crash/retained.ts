import { RawMqtt } from "../../helpers/raw.js";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import type { Stream } from "./stream.js";

/** Compares what is retained with what the streams' publishers know; gives what is wrong. To be asked while nobody publishes. */
export async function retainedFaults(
  t: Teardown,
  server: RunningServer,
  streams: readonly Stream[],
): Promise<string[]> {
  const found = new Map<string, number>();
  const reader = await RawMqtt.connect(t, server);
  reader.onPublish = ({ topic, text }) => found.set(topic, Number.parseInt(text, 10));
  const expected = streams.filter(({ retain, acknowledged }) => retain && acknowledged >= 0);
  await reader.subscribe({ "crash/+/+/retained": 0 });
  await reader
    .until(() => expected.every(({ topic }) => found.has(topic)), "what was retained")
    .catch(() => undefined);
  await reader.end();
  return expected
    .filter(({ topic, acknowledged, sent }) => !isBetween(found.get(topic), acknowledged, sent - 1))
    .map(
      ({ topic, acknowledged, sent }) =>
        `${topic}: ${found.get(topic)} is retained, while ${acknowledged} was acknowledged and ${sent - 1} the last sent`,
    );
}

function isBetween(number: number | undefined, low: number, high: number): boolean {
  return number !== undefined && number >= low && number <= high;
}
