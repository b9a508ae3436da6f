import { z } from "zod";
import { JsonText } from "../../json/spliced.js";
import { reservedFault } from "../../mqtt/topics.js";
import { send, shorten, type Topics } from "./delivery.js";
import { ApiError } from "./error.js";
import { cursor, encoding, limit, nextCursor, qos, time, topicFilter, topicName } from "./fields.js";
import { fromCursor, toCursor } from "./listing.js";
import { operation } from "./operation.js";
import { checkPublish } from "./permission.js";

/** The retained messages. */
export interface Retained {
  /** Those that match and come after a topic ("": all of them), in an order that stays the same. */
  find(filter: string, after: string): AsyncIterable<RetainedMessage>;
}

export interface RetainedMessage {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** Bytes of the payload. */
  readonly size: number;
  /** When the broker took it. */
  readonly time: number;
  /** The payload as JSON text, as channels carry it. */
  readonly data: string;
  readonly encoding: "base64" | undefined;
}

/** Messages that a caller may not read and that are passed over. */
const MOST_HIDDEN = 100_000;
/** An answer ends with the message that takes it over this. */
const MOST_BYTES = 1024 * 1024;

const message = z.object({
  topic: z.string(),
  qos: qos(),
  size: z.int().describe("Bytes of the payload."),
  time: time().describe("When the broker took it, in milliseconds since 1970."),
  data: z.unknown().describe("The payload: JSON when it is JSON, else a string."),
  encoding: encoding(),
});

export const listRetained = operation({
  id: "listRetained",
  scope: "read",
  method: "GET",
  path: "/api/v1/retained",
  tag: "retained",
  summary: "Retained messages that match a filter",
  description:
    "A topic comes before those below it. An answer holds at most `limit` messages, and fewer when they are large. What is retained or removed while page after page is read may be in them or not.",
  query: z.strictObject({
    filter: topicFilter()
      .default("#")
      .describe("A topic filter, percent-encoded: `#` is `%23`, `+` is `%2B`."),
    limit: limit(),
    cursor: cursor(),
  }),
  answer: z.object({ retained: z.array(message), cursor: nextCursor() }),
  example: {
    query: { filter: "devices/+/status" },
    answer: {
      retained: [
        { topic: "devices/7/status", qos: 1, size: 15, time: 1_767_225_600_000, data: { online: true } },
      ],
    },
  },
  handle: async ({ retained }: { retained: Retained }, { query: { filter, limit, cursor } }, { rights }) => {
    const found: RetainedMessage[] = [];
    let bytes = 0;
    let hidden = 0;
    if (rights && !rights.readable(filter)) return { retained: [] };
    for await (const next of retained.find(filter, fromCursor(cursor) ?? "")) {
      if (rights && !rights.mayReceive(next.topic)) {
        if (++hidden > MOST_HIDDEN)
          throw new ApiError(
            400,
            "query.filter: most of what it matches is not for the caller; give a narrower one",
          );
        continue;
      }
      const last = found.at(-1);
      if (last && (found.length === limit || bytes > MOST_BYTES))
        return { retained: found.map(written), cursor: toCursor(last.topic) };
      found.push(next);
      bytes += next.data.length;
    }
    return { retained: found.map(written) };
  },
});

export const deleteRetained = operation({
  id: "deleteRetained",
  scope: "manage",
  method: "DELETE",
  path: "/api/v1/retained/{topic}",
  tag: "retained",
  summary: "Remove a retained message",
  description:
    'Publishes an empty retained message to the topic, as MQTT clients do it: subscribers get that, and channels with snapshots see the topic go. The topic is percent-encoded, `/` as `%2F`. One that is too long for a URL is removed with `publish`, by `data: ""` and `retain: true`.',
  params: z.strictObject({ topic: topicName() }),
  answer: z.object({ topic: z.string() }),
  example: { params: { topic: "devices/7/status" }, answer: { topic: "devices/7/status" } },
  errors: { 403: "Topics that begin with $ are the server's own.", 404: "Nothing is retained on the topic." },
  handle: async (
    { retained, topics }: { retained: Retained; topics: Topics },
    { params: { topic } },
    { rights },
  ) => {
    const about = `topic ${JSON.stringify(shorten(topic))}`;
    const reserved = reservedFault(topic);
    if (reserved) throw new ApiError(403, `${about}: ${reserved}`);
    checkPublish(rights, { topic, qos: 1, retain: true });
    if (!(await isRetained(retained, topic))) throw new ApiError(404, `${about}: nothing is retained`);
    await send(topics, { topic, payload: Buffer.alloc(0), qos: 1, retain: true });
    return { topic };
  },
  changes: ({ params: { topic } }) => ({ topic: shorten(topic) }),
});

async function isRetained(retained: Retained, topic: string): Promise<boolean> {
  for await (const _ of retained.find(topic, "")) return true;
  return false;
}

function written({ data, ...rest }: RetainedMessage) {
  return { ...rest, data: new JsonText(data) };
}
