import type { z } from "zod";
import { jsonSchema, type Schema } from "./document.js";
import type { Description } from "./operation.js";
import { type ErrorStatus, errorStatuses } from "./statuses.js";

/** One key of a request or an answer, for a table. */
export interface Row {
  readonly name: string;
  readonly kind: string;
  readonly required: boolean;
  readonly description: string;
}

/** An operation as a person reads it. */
export interface Outline {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** What the request consists of: the path, the query, the body. */
  readonly parts: readonly { readonly title: string; readonly rows: readonly Row[] }[];
  readonly answer: readonly Row[];
  /** A command of a shell. */
  readonly command: string;
  readonly answerExample: string;
  /** Those that mean something of their own. */
  readonly errors: readonly ErrorStatus[];
  /** Whether it takes no key. */
  readonly open: boolean;
  /** What a credential must be good for. */
  readonly scope: string | undefined;
}

const HOST = "http://127.0.0.1:8080";
/** Longer examples are written over several lines. */
const ONE_LINE = 100;
/** Keys that are further inside than this are not listed. */
const MOST_DEPTH = 1;

/** The operation as a person reads it; `host` is where the example asks. */
export function outlineOf(described: Description, host = HOST): Outline {
  const {
    id,
    tag,
    method,
    path,
    summary,
    description = "",
    params,
    query,
    body,
    answer,
    example,
  } = described;
  const parts: [string, z.ZodType | undefined][] = [
    ["Path", params],
    ["Query", query],
    ["Body", body],
  ];
  return {
    id,
    tag,
    method,
    path,
    summary,
    description,
    parts: parts
      .map(([title, schema]) => ({ title, rows: schema ? rowsOf(jsonSchema(schema)) : [] }))
      .filter(({ rows }) => rows.length > 0),
    answer: rowsOf(jsonSchema(answer)),
    command: commandOf(described, host),
    answerExample: typeof example.answer === "string" ? example.answer : written(example.answer),
    errors: errorStatuses(described).filter(({ status }) => described.errors?.[status] !== undefined),
    open: described.open ?? false,
    scope: described.scope,
  };
}

/** The keys of a schema; those inside lists and objects after the one that holds them. */
function rowsOf({ properties = {}, required = [] }: Schema, prefix = "", depth = 0): Row[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = prefix + key;
    const row = {
      name,
      kind: kindOf(schema),
      required: required.includes(key),
      description: descriptionOf(schema),
    };
    const items = schema.items as Schema | undefined;
    if (depth === MOST_DEPTH) return [row];
    if (items) return [row, ...rowsOf(items, `${name}[].`, depth + 1)];
    return [row, ...rowsOf(schema, `${name}.`, depth + 1)];
  });
}

function descriptionOf({ description = "", default: otherwise }: Schema): string {
  const told = otherwise === undefined || otherwise === false || Array.isArray(otherwise);
  return told ? description : `${description} Default: \`${otherwise}\`.`;
}

function kindOf({ type, enum: options, const: only, minimum, maximum, ...schema }: Schema): string {
  if (only !== undefined) return `\`${only}\``;
  if (Array.isArray(options)) return options.map((option) => `\`${option}\``).join(", ");
  if (type === "integer") {
    const bounded = typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER;
    return bounded ? `whole number, ${minimum} to ${maximum}` : "whole number";
  }
  if (type === "boolean") return "`true`, `false`";
  if (type === "array") return `list of ${(schema.items as Schema).type === "object" ? "objects" : "texts"}`;
  if (type === "object") return "object";
  return type === "string" ? "text" : "any JSON";
}

function commandOf({ method, path, example }: Description, host: string): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(example.params?.[name] ?? ""),
  );
  const query = new URLSearchParams(
    Object.entries(example.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString();
  const url = `${host}${filled}${query === "" ? "" : `?${query}`}`;
  const curl = method === "DELETE" ? "curl -X DELETE" : "curl";
  if (!example.body) return `${curl} '${url}'`;
  return `${curl} '${url}' -H 'Content-Type: application/json' \\\n  -d '${written(example.body)}'`;
}

function written(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > ONE_LINE ? JSON.stringify(value, null, 2) : text;
}
