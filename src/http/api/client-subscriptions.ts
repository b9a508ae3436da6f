import { z } from "zod";
import { type ClientParts, clientPath, kind, kindOfId, type Subscribed, sourceOf } from "./client-source.js";
import { cursor, limit, nextCursor, qos } from "./fields.js";
import { cursorAfter, firstKeys, fromCursor } from "./listing.js";
import { operation } from "./operation.js";

const filterOrChannel = z
  .object({
    filter: z.string().optional().describe("MQTT: the topic filter."),
    qos: qos().optional(),
    channel: z.string().optional().describe("Of a session: the channel."),
  })
  .describe("`filter` and `qos`, or `channel`.");

export const listSubscriptions = operation({
  id: "listSubscriptions",
  scope: "read",
  method: "GET",
  path: "/api/v1/clients/{id}/subscriptions",
  tag: "clients",
  summary: "What a client is subscribed to",
  params: clientPath,
  query: z.strictObject({ kind: kindOfId, limit: limit(), cursor: cursor() }),
  answer: z.object({
    kind,
    id: z.string(),
    subscriptions: z.array(filterOrChannel),
    cursor: nextCursor(),
  }),
  example: {
    params: { id: "esp32-kitchen" },
    answer: {
      kind: "mqtt",
      id: "esp32-kitchen",
      subscriptions: [{ filter: "devices/kitchen/commands", qos: 1 }],
    },
  },
  errors: { 404: "Nobody is connected under the identifier.", 409: "Two are: say which `kind` is meant." },
  handle: async ({ clients }: ClientParts, { params: { id }, query: { kind, limit, cursor } }) => {
    const source = sourceOf(clients, id, kind);
    const byName = new Map([...source.subscriptions(id)].map((item) => [nameOf(item), item]));
    const page = await firstKeys(byName.keys(), { limit, after: fromCursor(cursor) });
    const subscriptions = page.keys.map((name) => byName.get(name) as Subscribed);
    return { kind: source.kind, id, subscriptions, ...cursorAfter(page) };
  },
});

function nameOf(item: Subscribed): string {
  return "filter" in item ? item.filter : item.channel;
}
