import { z } from "zod";
import { time } from "./fields.js";
import { operation } from "./operation.js";

/** A client that has not kept up lately. Times in milliseconds since 1970. */
export interface SlowClient {
  readonly id: string;
  /** How often, by what happened. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly firstAt: number;
  readonly lastAt: number;
}

interface SlowSource {
  readonly kind: "mqtt" | "session";
  slow(): readonly SlowClient[];
}

export const listSlowClients = operation({
  id: "listSlowClients",
  scope: "read",
  method: "GET",
  path: "/api/v1/clients/slow",
  tag: "clients",
  summary: "Who has not kept up lately",
  description:
    "Clients that could not be sent all there was for them in the last ten minutes, latest first; at most a thousand of each kind are remembered. They may be gone by now.",
  answer: z.object({
    clients: z.array(
      z.object({
        kind: z.enum(["mqtt", "session"]),
        id: z.string(),
        reasons: z.record(z.string(), z.int()).describe("How often, by what happened."),
        firstAt: time(),
        lastAt: time(),
      }),
    ),
  }),
  example: {
    answer: {
      clients: [
        {
          kind: "mqtt",
          id: "wall-display",
          reasons: { slowClient: 1204 },
          firstAt: 1_767_225_600_000,
          lastAt: 1_767_225_660_000,
        },
      ],
    },
  },
  handle: async ({ clients }: { clients: readonly SlowSource[] }) => ({
    clients: clients
      .flatMap((source) => source.slow().map((slow) => ({ kind: source.kind, ...slow })))
      .sort((a, b) => b.lastAt - a.lastAt),
  }),
});
