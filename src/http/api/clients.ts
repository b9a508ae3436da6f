import { z } from "zod";
import { type ClientParts, type ClientSource, kind } from "./client-source.js";
import { cursor, limit, nextCursor, time } from "./fields.js";
import { cursorAfter, firstKeys, fromCursor } from "./listing.js";
import { operation } from "./operation.js";

const client = z.object({
  kind,
  id: z.string(),
  user: z.string().optional().describe("Absent for a client that is nobody's."),
  transport: z.string().describe("How it came in, as `tcp`, `tls`, `ws` or `wss`."),
  remote: z.string().describe("Address and port; the address alone where a proxy did not say the port."),
  connectedAt: time(),
  subscriptions: z.int().describe("How many it has."),
  waitingBytes: z.int().describe("Bytes that were sent to it and that it has not taken."),
  waitingMessages: z
    .int()
    .optional()
    .describe("MQTT: QoS 1 and 2 messages that wait for those before them to be acknowledged."),
});

export const listClients = operation({
  id: "listClients",
  scope: "read",
  method: "GET",
  path: "/api/v1/clients",
  tag: "clients",
  summary: "Who is connected",
  description: "MQTT clients first, then sessions, each in the order of their identifiers.",
  query: z.strictObject({
    kind: kind.optional(),
    user: z.string().max(255).optional().describe("Only clients of this user."),
    limit: limit(),
    cursor: cursor(),
  }),
  answer: z.object({ clients: z.array(client), cursor: nextCursor() }),
  example: {
    query: { kind: "mqtt", limit: 1 },
    answer: {
      clients: [
        {
          kind: "mqtt",
          id: "esp32-kitchen",
          transport: "tcp",
          remote: "192.168.1.20:51034",
          connectedAt: 1_767_225_600_000,
          subscriptions: 1,
          waitingBytes: 0,
          waitingMessages: 0,
        },
      ],
      cursor: "bXF0dDplc3AzMi1raXRjaGVu",
    },
  },
  handle: async ({ clients: sources }: ClientParts, { query: { kind, user, limit, cursor } }) => {
    const wanted = sources.filter((source) => kind === undefined || source.kind === kind);
    const page = await firstKeys(keysOf(wanted, user), { limit, after: fromCursor(cursor) });
    const clients = page.keys.flatMap((key) => {
      const { source, id } = ofKey(wanted, key);
      const found = source?.find(id); // it may have gone meanwhile
      return source && found ? [{ kind: source.kind, id, ...found }] : [];
    });
    return { clients, ...cursorAfter(page) };
  },
});

function* keysOf(sources: readonly ClientSource[], user: string | undefined): Generator<string> {
  for (const source of sources) for (const id of source.ids(user)) yield `${source.kind}:${id}`;
}

function ofKey(
  sources: readonly ClientSource[],
  key: string,
): { source?: ClientSource | undefined; id: string } {
  const colon = key.indexOf(":");
  return { source: sources.find(({ kind }) => kind === key.slice(0, colon)), id: key.slice(colon + 1) };
}
