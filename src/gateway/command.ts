import { errors } from "./codes.js";
import { Fault } from "./fault.js";

const MAX_ID = 2 ** 32 - 1;
/** How much of a client's text an error message repeats. */
const QUOTED = 64;

/** One command of the channel protocol. */
export interface Command {
  readonly id: number;
  /** The request's name, as `subscribe`. */
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** The command as the client wrote it. */
  readonly text: string;
}

type Type = "string" | "number" | "integer" | "boolean" | "object";

/** The fields of each request that this server reads or must understand to refuse. `data` may be anything. */
const fieldTypes: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  connect: { token: "string", name: "string", version: "string", subs: "object", headers: "object" },
  subscribe: {
    channel: "string",
    token: "string",
    recover: "boolean",
    epoch: "string",
    offset: "number",
    positioned: "boolean",
    recoverable: "boolean",
    join_leave: "boolean",
    delta: "string",
    tf: "object",
    flag: "number",
    type: "number",
    phase: "number",
    limit: "number",
    cursor: "string",
  },
  unsubscribe: { channel: "string" },
  publish: { channel: "string", type: "number", key: "string", removed: "boolean" },
  send: {},
  rpc: { method: "string" },
  presence: { channel: "string" },
  presence_stats: { channel: "string" },
  history: { channel: "string", limit: "integer", since: "object", reverse: "boolean" },
  refresh: { token: "string" },
  sub_refresh: { channel: "string", token: "string" },
};
const methods: ReadonlyMap<string, Readonly<Record<string, Type>>> = new Map(Object.entries(fieldTypes));

/** The text is not the protocol at all: nothing can be answered, the session ends. */
export class NotACommand extends Error {}

/** A line of a frame, before its request has been looked at. Undefined is a pong. */
export function parseCommand(
  text: string,
): { id: number; members: Readonly<Record<string, unknown>> } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new NotACommand("a command must be JSON");
  }
  if (!isObject(parsed)) throw new NotACommand("a command must be a JSON object");
  const { id, ...members } = parsed;
  if (Object.keys(members).length === 0 && (id === undefined || id === 0)) return undefined;
  if (id === undefined && Object.hasOwn(members, "send")) return { id: 0, members };
  if (typeof id !== "number" || !Number.isInteger(id) || id < 1 || id > MAX_ID)
    throw new NotACommand("the id of a command must be a whole number from 1");
  return { id, members };
}

/** The one request of a command, with the types of its fields checked. Throws a {@link Fault}. */
export function requestOf(members: Readonly<Record<string, unknown>>): Pick<Command, "method" | "request"> {
  const names = Object.keys(members);
  const method = names[0];
  if (method === undefined) throw new Fault(errors.methodNotFound, "the command holds no request");
  if (names.length > 1) throw new Fault(errors.badRequest, `one request per command, not ${quoteAll(names)}`);
  const fields = methods.get(method);
  if (fields === undefined) throw new Fault(errors.methodNotFound, `there is no request ${quote(method)}`);
  const request = members[method];
  if (!isObject(request)) throw new Fault(errors.badRequest, `${method} must be an object`);
  for (const [name, type] of Object.entries(fields)) checkField(method, request, name, type);
  return { method, request };
}

function checkField(method: string, request: Record<string, unknown>, name: string, type: Type): void {
  const value = Object.hasOwn(request, name) ? request[name] : undefined;
  if (value === undefined || value === null) return;
  const must = fault(type, value);
  if (must !== undefined) throw new Fault(errors.badRequest, `${method}.${name} must be ${must}`);
}

/** What the value must be and is not. */
function fault(type: Type, value: unknown): string | undefined {
  switch (type) {
    case "object":
      return isObject(value) ? undefined : "an object";
    case "integer":
      return Number.isInteger(value) ? undefined : "a whole number";
    case "number":
      return Number.isInteger(value) && (value as number) >= 0 ? undefined : "a whole number from 0";
    default:
      return typeof value === type ? undefined : `a ${type}`;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A client's text for an error message: JSON, and not too much of it. */
export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}...` : text);
}

/** The same of any value. Lists and objects are only named: as text, some take more than the stack has. */
export function quoteValue(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  return isObject(value) ? "an object" : quote(String(value));
}

function quoteAll(names: readonly string[]): string {
  return names.slice(0, 3).map(quote).join(" and ");
}
