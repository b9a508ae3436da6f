import { errors } from "../codes.js";
import { isObject, quote, quoteValue } from "../command.js";
import { Fault } from "../fault.js";
import type { Condition, Tags } from "./filter.js";

/*
 * The protocol's filter over tags: a tree of `and`, `or` and `not`, whose leaves compare a tag with a value. A tag that a publication
 * does not have is equal to nothing.
 */

const MOST_NODES = 100;
const DEEPEST = 10;
/** A number as a tag holds it. */
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

type Node = Readonly<Record<string, unknown>>;
type Part = Pick<Condition, "text" | "holds">;

interface Compare {
  /** What it compares with. */
  readonly text: string | readonly string[];
  readonly holds: (tag: string | undefined) => boolean;
}

/** @throws {Fault} which names the part of `tf` that is wrong. */
export function tagFilter(tf: Node): Condition {
  return new TagFilter().read(tf);
}

class TagFilter {
  #nodes = 0;
  #readsEncoding = false;

  read(tf: Node): Condition {
    const part = this.#node(tf, "subscribe.tf", 1);
    return { ...part, readsEncoding: this.#readsEncoding };
  }

  #node(node: unknown, path: string, depth: number): Part {
    if (!isObject(node)) throw fault(path, "must be an object");
    if (depth > DEEPEST) throw fault(path, `is nested more than ${DEEPEST} levels deep`);
    if (++this.#nodes > MOST_NODES) throw fault(path, `is one of more than ${MOST_NODES} nodes`);
    const { op = "" } = node;
    if (op === "") return this.#leaf(node, path);
    if (op !== "and" && op !== "or" && op !== "not")
      throw fault(`${path}.op`, `must be and, or, not or empty, not ${quoteValue(op)}`);
    const parts = this.#parts(node, path, depth);
    if (op === "not" && parts.length > 1)
      throw fault(`${path}.nodes`, "must hold exactly one node after not");
    return { text: `${op}(${parts.map(({ text }) => text).join()})`, holds: joined(op, parts) };
  }

  #parts({ nodes }: Node, path: string, depth: number): Part[] {
    if (!Array.isArray(nodes) || nodes.length === 0) throw fault(`${path}.nodes`, "must be a list of nodes");
    return nodes.map((node, index) => this.#node(node, `${path}.nodes[${index}]`, depth + 1));
  }

  #leaf(node: Node, path: string): Part {
    const { key, cmp } = node;
    if (typeof key !== "string" || key === "") throw fault(`${path}.key`, "must name a tag");
    const make = typeof cmp === "string" && Object.hasOwn(comparisons, cmp) ? comparisons[cmp] : undefined;
    if (!make) throw fault(`${path}.cmp`, `must be one of ${Object.keys(comparisons).join(", ")}`);
    const compare = make(node, path);
    if (key === "encoding") this.#readsEncoding = true;
    return {
      text: JSON.stringify([key, cmp, compare.text]),
      holds: (tags) => compare.holds(tagOf(tags, key)),
    };
  }
}

function joined(op: "and" | "or" | "not", parts: readonly Part[]): Condition["holds"] {
  if (op === "and") return (tags) => parts.every(({ holds }) => holds(tags));
  if (op === "or") return (tags) => parts.some(({ holds }) => holds(tags));
  return (tags) => !parts.some(({ holds }) => holds(tags));
}

const comparisons: Readonly<Record<string, (node: Node, path: string) => Compare>> = {
  eq: withValue((tag, val) => tag === val),
  neq: withValue((tag, val) => tag !== val),
  in: withValues((tag, vals) => tag !== undefined && vals.has(tag)),
  nin: withValues((tag, vals) => tag === undefined || !vals.has(tag)),
  ex: () => ({ text: "", holds: (tag) => tag !== undefined }),
  nex: () => ({ text: "", holds: (tag) => tag === undefined }),
  sw: withValue((tag, val) => tag?.startsWith(val) === true),
  ew: withValue((tag, val) => tag?.endsWith(val) === true),
  ct: withValue((tag, val) => tag?.includes(val) === true),
  gt: withNumber((tag, val) => tag > val),
  gte: withNumber((tag, val) => tag >= val),
  lt: withNumber((tag, val) => tag < val),
  lte: withNumber((tag, val) => tag <= val),
};

function withValue(holds: (tag: string | undefined, val: string) => boolean) {
  return (node: Node, path: string): Compare => {
    const val = valOf(node, path);
    return { text: val, holds: (tag) => holds(tag, val) };
  };
}

function withValues(holds: (tag: string | undefined, vals: ReadonlySet<string>) => boolean) {
  return ({ vals }: Node, path: string): Compare => {
    if (!Array.isArray(vals) || vals.length === 0 || vals.some((val) => typeof val !== "string"))
      throw fault(`${path}.vals`, "must be a list of strings");
    const set: ReadonlySet<string> = new Set(vals);
    return { text: [...set], holds: (tag) => holds(tag, set) };
  };
}

function withNumber(holds: (tag: number, val: number) => boolean) {
  return (node: Node, path: string): Compare => {
    const val = valOf(node, path);
    if (!NUMBER.test(val)) throw fault(`${path}.val`, `must be a number, not ${quote(val)}`);
    return {
      text: val,
      holds: (tag) => tag !== undefined && NUMBER.test(tag) && holds(Number(tag), Number(val)),
    };
  };
}

function valOf({ val }: Node, path: string): string {
  if (typeof val === "string" && val !== "") return val;
  throw fault(`${path}.val`, "must be a string that is not empty");
}

function tagOf(tags: Tags, key: string): string | undefined {
  if (key === "topic") return tags.topic;
  return key === "encoding" ? tags.encoding : undefined;
}

function fault(path: string, what: string): Fault {
  return new Fault(errors.badRequest, `${path} ${what}`);
}
