import type { IncomingMessage } from "node:http";
import { isReadOnly } from "../access/read-only.js";
import type { Alias } from "./member.js";
import { Refused } from "./refusal.js";

const MAX_UUID = 64;
const MAX_USER = 255;

/** What the URL of a bare WebSocket asks for; the names are those of PieSocket's clients, which send others, too. */
export interface PlainQuery {
  /** Empty when there is none, and so for the token. */
  readonly apiKey: string;
  readonly jwt: string;
  /** All of it, for what is signed. */
  readonly search: URLSearchParams;
  /** The client wants what it publishes, too. */
  readonly notifySelf: boolean;
  /** The client wants to be known of, and to know who else is there. */
  readonly presence: boolean;
  /** The client wants a message that says that it is connected. */
  readonly boot: boolean;
  readonly alias: Alias;
  /** What it publishes is refused, whatever its rights. */
  readonly readOnly: boolean;
}

/** @throws {Refused} */
export function plainQuery(request: IncomingMessage): PlainQuery {
  const { url = "", headers } = request;
  const query = new URLSearchParams(url.split("?")[1]);
  const { jwt: header } = headers;
  return {
    search: query,
    apiKey: query.get("api_key") ?? "",
    jwt: query.get("jwt") || (typeof header === "string" ? header : ""),
    notifySelf: isOn(query.get("notify_self")),
    presence: isOn(query.get("presence")),
    boot: isOn(query.get("be")),
    alias: {
      uuid: text(query, "uuid", MAX_UUID),
      user: text(query, "user", MAX_USER),
    },
    readOnly: isReadOnly(request),
  };
}

function isOn(value: string | null): boolean {
  return value === "1" || value?.toLowerCase() === "true";
}

function text(query: URLSearchParams, name: string, most: number): string | undefined {
  const value = query.get(name) || undefined;
  if (value !== undefined && value.length > most)
    throw new Refused({ status: 400, error: `${name} must not be longer than ${most} characters` });
  return value;
}
