import { parse } from "yaml";
import type { Fault } from "./fault.js";
import type { Key } from "./key.js";
import { type Layer, type Mapping, setAt } from "./layer.js";
import { type Path, parsePath } from "./path.js";
import { nearest } from "./suggest.js";

const PREFIX = "CAUSEWAY_";
/** Names the configuration file, so it is not a key of it. */
const FILE_VARIABLE = "CAUSEWAY_CONFIG";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration file that is to be read: the one that is named, or else the environment's. */
export function namedFile(file: string | undefined, env: Environment): string | undefined {
  return file ?? (env[FILE_VARIABLE] || undefined);
}

/**
 * Takes the variables that may set keys out of an environment. Some hold secrets, and what Node writes of a process, as in its
 * diagnostic reports, has all of its environment.
 */
export function takeEnvironment(env: Record<string, string | undefined>): Environment {
  const taken = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(PREFIX)));
  for (const name of Object.keys(taken)) delete env[name];
  return taken;
}

/** The variables that set keys. An empty one is not set: compose files pass those for what they leave out. */
export function readEnvironment(env: Environment, keys: readonly Key[]): { layer: Layer; faults: Fault[] } {
  const byVariable = new Map(keys.flatMap((key) => (key.variable ? [[key.variable, key] as const] : [])));
  const given = Object.entries(env).filter(([name, value]) => name.startsWith(PREFIX) && value);
  // A whole section goes before one of its keys, so that the key wins.
  const set = given
    .flatMap(([name, text = ""]) => {
      const key = byVariable.get(name);
      return key ? [{ name, text, key, path: parsePath(key.path) }] : [];
    })
    .sort((a, b) => a.path.length - b.path.length);
  const value: Mapping = {};
  for (const { text, key, path } of set) setAt(value, path, parseText(text, key));
  const locate = (path: Path) => set.findLast((variable) => isPrefix(variable.path, path))?.name;
  const unknown = given.filter(
    ([name, text = ""]) => !byVariable.has(name) && name !== FILE_VARIABLE && !isServiceLink(name, text),
  );
  return { layer: { value, locate }, faults: unknown.map(([name]) => unknownVariable(name, byVariable)) };
}

/** The text as the key's type; one that does not fit stays a text, which the schema then refuses. */
function parseText(text: string, { node }: Key): unknown {
  const trimmed = text.trim();
  if (node.type === "boolean") return trimmed === "true" ? true : trimmed === "false" ? false : text;
  if (node.type === "object" || node.type === "array") return parseStructure(text);
  if (node.type === "string") return text;
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
}

function parseStructure(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

function unknownVariable(name: string, known: ReadonlyMap<string, Key>): Fault {
  const suggestion = nearest(
    name.slice(PREFIX.length),
    [...known.keys()].map((other) => other.slice(PREFIX.length)),
  );
  const message = suggestion ? "this variable sets no key" : "this variable sets no key; unset it";
  return { path: "", source: name, message, ...(suggestion ? { suggestion: PREFIX + suggestion } : {}) };
}

/**
 * Kubernetes sets CAUSEWAY_SERVICE_HOST, CAUSEWAY_PORT_1883_TCP and more in every container beside a service that is
 * named causeway. Nobody wrote them, so they are no mistakes.
 */
function isServiceLink(name: string, text: string): boolean {
  if (/_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name)) return true;
  if (/_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)) return true;
  return name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(text);
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.every((step, index) => step === path[index]);
}
