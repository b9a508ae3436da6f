import { z } from "zod";
import { schema } from "./schema.js";

/** The part of JSON Schema that the configuration's own schema comes out as. */
export interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly writeOnly?: boolean;
}

/** One key that a file may hold, a section included. */
export interface Key {
  /** `mqtt.maxInflight`; `bridge.channels[].topics` inside a list. */
  readonly path: string;
  /** Name of its environment variable; keys inside a list have none. */
  readonly variable?: string;
  readonly node: Node;
  /** Whether it has keys of its own rather than a value. */
  readonly section: boolean;
  readonly required: boolean;
}

/** The schema as JSON Schema, of what a file may hold rather than of what it is parsed to. */
export function jsonSchema(from: z.ZodType = schema): Node {
  return z.toJSONSchema(from, { io: "input", target: "draft-2020-12" }) as Node;
}

/** Every key, in the schema's order; a section comes before its keys. */
export function listKeys(root: Node = jsonSchema()): Key[] {
  return keysOf(root, "", true);
}

function keysOf(node: Node, prefix: string, settable: boolean): Key[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const key: Key = {
      path,
      node: child,
      section: child.properties !== undefined,
      required: node.required?.includes(name) ?? false,
      ...(settable ? { variable: variableOf(path) } : {}),
    };
    const inside = child.items ? keysOf(child.items, `${path}[]`, false) : keysOf(child, path, settable);
    return [key, ...inside];
  });
}

/** `mqtt.maxPacketSize` is set by `CAUSEWAY_MQTT_MAX_PACKET_SIZE`. */
export function variableOf(path: string): string {
  const words = path.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll(".", "_");
  return `CAUSEWAY_${words.toUpperCase()}`;
}

/** The kind of value in a word or two, for tables: `duration`, `HOST:PORT`, `0, 1 or 2`. */
export function kindOf(node: Node): string {
  if (node.title === "address") return "HOST:PORT";
  const { title } = node;
  if (title === "duration" || title === "size" || title === "rate" || title === "JSON Schema") return title;
  if (node.enum) return list(node.enum);
  if (node.anyOf) return list(node.anyOf.map((option) => option.const ?? kindOf(option)));
  if (node.type === "array")
    return `list of ${node.items?.properties ? "mappings" : kindOf(node.items ?? {})}`;
  if (node.type === "object") return "mapping";
  if (node.type === "integer") return "whole number";
  if (node.type === "boolean") return "true or false";
  return node.type === "string" ? "text" : (node.type ?? "value");
}

/** The kind with its bounds, as a message ends: "0 is not a whole number from 1 to 65535". */
export function expectationOf(node: Node): string {
  if (node.enum) return `one of ${list(node.enum)}`;
  if (node.anyOf) return kindOf(node);
  if (node.type === "integer" || node.type === "number") return numberOf(node);
  if (node.type === "array")
    return node.minItems ? `a list of at least ${node.minItems}` : `a ${kindOf(node)}`;
  if (node.type === "object") return "a mapping of keys to values";
  if (node.type !== "string") return kindOf(node);
  if (node.maxLength !== undefined) return `a text of ${node.minLength ?? 0} to ${node.maxLength} characters`;
  if (node.minLength === undefined) return "a text";
  return node.minLength > 1 ? `a text of at least ${node.minLength} characters` : "a text that is not empty";
}

function numberOf({ type, minimum, maximum }: Node): string {
  const name = type === "integer" ? "a whole number" : "a number";
  if (minimum === undefined && maximum === undefined) return name;
  if (maximum === undefined) return `${name} of at least ${minimum}`;
  return minimum === undefined ? `${name} of at most ${maximum}` : `${name} from ${minimum} to ${maximum}`;
}

function list(options: readonly unknown[]): string {
  const words = options.map(String);
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
