import { z } from "zod";
import { type ClientParts, clientPath, kind, kindOfId, sourceOf } from "./client-source.js";
import { ApiError } from "./error.js";
import { disconnectCode, reason, wholeNumber } from "./fields.js";
import { operation } from "./operation.js";

export const disconnectClient = operation({
  id: "disconnectClient",
  scope: "manage",
  method: "DELETE",
  path: "/api/v1/clients/{id}",
  tag: "clients",
  summary: "Disconnect a client",
  description:
    "An MQTT client's connection is closed as if its network had failed: its will is published, and a session that is kept stays. Either kind may connect again unless a code tells it to stay away; clients of MQTT 3.1.1 cannot be told.",
  params: clientPath,
  query: z.strictObject({
    kind: kindOfId,
    code: wholeNumber(3_000, 4_999)
      .optional()
      .describe(disconnectCode().description ?? ""),
    reason: reason().optional(),
  }),
  answer: z.object({ kind, id: z.string() }),
  example: {
    params: { id: "esp32-kitchen" },
    query: { kind: "mqtt" },
    answer: { kind: "mqtt", id: "esp32-kitchen" },
  },
  errors: {
    400: "A code was given for an MQTT client.",
    404: "Nobody is connected under the identifier.",
    409: "Two are: say which `kind` is meant.",
  },
  handle: async ({ clients }: ClientParts, { params: { id }, query: { kind, code, reason } }) => {
    const source = sourceOf(clients, id, kind);
    if (source.kind === "mqtt" && code !== undefined)
      throw new ApiError(400, "query.code: MQTT clients are told no code; leave it out");
    source.disconnect(id, { code, reason });
    return { kind: source.kind, id };
  },
  changes: ({ params: { id }, query: { kind, code, reason } }) => ({ client: id, kind, code, reason }),
});
