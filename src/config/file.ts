import { readFileSync } from "node:fs";
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Fault } from "./fault.js";
import { isMapping, type Layer, type Mapping } from "./layer.js";
import { formatPath, type Path } from "./path.js";

/** Deeper than any configuration, and a stop for an anchor that contains itself. */
const DEEPEST = 20;

type Document = ReturnType<typeof parseDocument>;

/** Reads a configuration file. With faults of its own there is no layer: what it would have said is unknown. */
export function readFile(name: string): { layer?: Layer; faults: Fault[] } {
  let text: string;
  try {
    text = readFileSync(name, "utf8");
  } catch (error) {
    return { faults: [{ path: "", source: name, message: readingFault(error as NodeJS.ErrnoException) }] };
  }
  return parseFile(name, text);
}

export function parseFile(name: string, text: string): { layer?: Layer; faults: Fault[] } {
  const lines = new LineCounter();
  // Errors are given places of our own, and no excerpts: a line of the file may hold a secret.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: true,
  });
  const place = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${name}:${line}:${col}`;
  };
  const faults = [...syntaxFaults(document, place), ...repeatedKeys(document.contents, [], place)];
  if (faults.length > 0) return { faults };
  try {
    const value = plain(document.toJS(), DEEPEST);
    if (value !== undefined && !isMapping(value))
      return {
        faults: [{ path: "", source: name, message: "the file must hold keys and values, as in listen:" }],
      };
    return { layer: { value: value ?? {}, locate: (path) => locate(document, path, place) }, faults: [] };
  } catch (error) {
    return { faults: [{ path: "", source: name, message: (error as Error).message }] };
  }
}

function readingFault({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT")
    return "there is no such file; name an existing one, or leave it out to run with the defaults";
  if (code === "EACCES") return "the file may not be read by this user; change its permissions";
  if (code === "EISDIR") return "this is a directory; name the file in it";
  return `the file cannot be read: ${message}`;
}

function syntaxFaults(document: Document, place: (offset: number) => string): Fault[] {
  const faults = [...document.errors, ...document.warnings].map((error): Fault => {
    const reason = error.message.replace(/: ".*$/s, "").replace(/\s+/g, " ");
    const message =
      error.code === "MULTIPLE_DOCS" ? "the file must hold one document; remove the line ---" : reason;
    return { path: "", source: place(error.pos[0]), message: `not valid YAML: ${message}` };
  });
  // One slip makes several errors in its line; the first one names it.
  const line = ({ source = "" }: Fault) => source.slice(0, source.lastIndexOf(":"));
  return faults.filter((fault, index) => faults.findIndex((other) => line(other) === line(fault)) === index);
}

function repeatedKeys(node: unknown, path: Path, place: (offset?: number) => string): Fault[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => repeatedKeys(item, [...path, index], place));
  if (!isMap(node)) return [];
  const seen = new Map<string, Pair>();
  return node.items.flatMap((pair) => {
    const name = keyName(pair);
    const here = [...path, name];
    const first = seen.get(name);
    if (!first || name === "<<") {
      seen.set(name, pair);
      return repeatedKeys(pair.value, here, place);
    }
    const message = `set twice; the first one is at ${place(keyOffset(first))}`;
    return [{ path: formatPath(here), source: place(keyOffset(pair)), message }];
  });
}

/** Keys with nothing after the colon are left out: a section whose lines are all commented out is not set. */
function plain(value: unknown, depth: number): unknown {
  if (depth === 0) throw new Error("the file is nested too deeply, or an anchor contains itself");
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => (item === null ? null : plain(item, depth - 1)));
  if (!isMapping(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, plain(item, depth - 1)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as Mapping;
}

function locate(document: Document, path: Path, place: (offset?: number) => string): string | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      offset = (node as Node | undefined)?.range?.[0];
    } else if (isMap(node)) {
      const pair = findPair(node, String(step), document);
      node = pair?.value;
      offset = pair && keyOffset(pair);
    } else return undefined;
    if (offset === undefined) return undefined;
  }
  return place(offset);
}

function findPair(map: YAMLMap, name: string, document: Document): Pair | undefined {
  const own = map.items.find((pair) => keyName(pair) === name);
  if (own) return own;
  const merged = map.items.find((pair) => keyName(pair) === "<<")?.value;
  const source = isAlias(merged) ? merged.resolve(document) : merged;
  return isMap(source) && source !== map ? findPair(source, name, document) : undefined;
}

function keyName({ key }: Pair): string {
  const name = isScalar(key) ? key.value : key;
  // The parser's own mark for a merge is a symbol.
  return typeof name === "symbol" ? (name.description ?? "") : String(name);
}

function keyOffset({ key }: Pair): number | undefined {
  return (key as Node | null)?.range?.[0];
}
