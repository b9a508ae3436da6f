import { z } from "zod";
import { ApiError } from "./error.js";
import type { SlowClient } from "./slow-clients.js";

export type ClientKind = "mqtt" | "session";

/** Who is connected in one way: over MQTT, or over the channel protocol. */
export interface ClientSource {
  readonly kind: ClientKind;
  /** Identifiers, in no order; of one user when one is named. */
  ids(user?: string): Iterable<string>;
  find(id: string): ConnectedClient | undefined;
  /** What the client is subscribed to, in no order. */
  subscriptions(id: string): Iterable<Subscribed>;
  /** Who has not kept up lately. */
  slow(): readonly SlowClient[];
  /** Ends the connection; false when nobody is connected under the identifier. MQTT has no codes. */
  disconnect(id: string, why: Why): boolean;
}

export interface ConnectedClient {
  readonly user?: string | undefined;
  readonly transport: string;
  /** Address and port. */
  readonly remote: string;
  readonly connectedAt: number;
  readonly subscriptions: number;
  /** Bytes that the client has not taken yet. */
  readonly waitingBytes: number;
  /** Messages that wait for their turn to be sent; sessions have none. */
  readonly waitingMessages?: number | undefined;
}

/** A topic filter of an MQTT client, or a channel of a session. */
export type Subscribed = { readonly filter: string; readonly qos: 0 | 1 | 2 } | { readonly channel: string };

export interface Why {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

export interface ClientParts {
  readonly clients: readonly ClientSource[];
}

export const kind = z.enum(["mqtt", "session"]).describe("`mqtt`, or `session` for the channel protocol.");
export const kindOfId = kind
  .optional()
  .describe("Which one is meant, when an MQTT client and a session have the same identifier.");
export const clientPath = z.strictObject({
  id: z.string().min(1).describe("The MQTT client identifier, or the identifier of the session."),
});

/** The source that the client is in; an error when it is in none, or in both and it is not said which is meant. */
export function sourceOf(
  sources: readonly ClientSource[],
  id: string,
  kind: ClientKind | undefined,
): ClientSource {
  const name = JSON.stringify(id.length > 100 ? `${id.slice(0, 100)}...` : id);
  const found = sources.filter((source) => (kind ?? source.kind) === source.kind && source.find(id));
  const [source] = found;
  if (!source)
    throw new ApiError(
      404,
      `no ${kind === "mqtt" ? "MQTT client" : (kind ?? "client")} ${name} is connected`,
    );
  if (found.length > 1)
    throw new ApiError(409, `an MQTT client and a session are called ${name}: add kind=mqtt or kind=session`);
  return source;
}
