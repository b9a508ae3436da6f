import { createRequire } from "node:module";
import type { Ajv2020, ErrorObject, MissingRefError, ValidateFunction } from "ajv/dist/2020.js";

/** A JSON Schema, draft 2020-12, as the configuration holds it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
/** Of a value that does not conform, so many reasons are told, each cut at so many characters. */
const TOLD = 3;
const LONGEST_PATH = 80;
const LONGEST_REASON = 200;

/** Without these a check takes no longer than reading the data: regular expressions, comparisons of all with all, recursion. */
const SLOW = /"(?:pattern|patternProperties|uniqueItems|\$ref|\$dynamicRef)":/;

/** A schema, compiled. */
export class PayloadSchema {
  /** Whether there may be values that take very long to check. */
  readonly maybeSlow: boolean;
  readonly #validate: ValidateFunction;

  /** Throws an error that says what is wrong with the schema. */
  constructor(schema: JsonSchema) {
    this.#validate = compile(schema);
    this.maybeSlow = SLOW.test(JSON.stringify(schema));
  }

  /** Why the value does not conform, as `/temperature must be number`; undefined when it does. */
  faultOf(value: unknown): string | undefined {
    if (this.#validate(value)) return undefined;
    const fault = tell(this.#validate.errors, "data");
    this.#validate.errors = null; // there may be thousands
    return fault;
  }
}

/** What is wrong with a schema. */
export function schemaFault(schema: JsonSchema): string | undefined {
  try {
    new PayloadSchema(schema);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

let loaded: Ajv2020 | undefined;

/** Loaded for the first schema: most configurations have none, and it takes 15 MB and a noticeable part of a command's start. */
function compiler(): Ajv2020 {
  if (loaded) return loaded;
  const { Ajv2020: Compiler }: typeof import("ajv/dist/2020.js") = createRequire(import.meta.url)(
    "ajv/dist/2020.js",
  );
  loaded = new Compiler({
    strict: true,
    // `anyOf: [{required: [a]}, {required: [b]}]` and `type: [number, "null"]` are neither rare nor mistakes.
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    // Not those that every object inherits, as `constructor`.
    ownProperties: true,
    // A schema stands for itself: none may refer to another rule's.
    addUsedSchema: false,
    logger: false,
  });
  return loaded;
}

function compile(schema: JsonSchema): ValidateFunction {
  const { $schema, $async } = schema;
  if ($schema !== undefined && $schema !== DRAFT)
    throw new Error(`$schema ${JSON.stringify($schema)} is not offered; leave it out, or write ${DRAFT}`);
  // With it the compiler makes a function whose result is a promise, which would pass for a yes.
  if ($async !== undefined) throw new Error("unknown keyword: $async");
  const ajv = compiler();
  if (!ajv.validateSchema(schema)) throw new Error(tell(ajv.errors, "it"));
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new Error(reasonOf(error as Error & Partial<MissingRefError>));
  }
}

/** What the compiler says, in words that tell what to do. */
function reasonOf({ message, missingRef }: Error & Partial<MissingRefError>): string {
  if (missingRef !== undefined)
    return `$ref ${JSON.stringify(missingRef)} is not in the schema; a reference reaches only what stands in it, as #/$defs/NAME`;
  const [, format] = /^unknown format "(.+)" ignored/.exec(message) ?? [];
  return format === undefined
    ? message.replace(/^strict mode: /, "")
    : `format ${format} is not checked; leave it out, or use pattern`;
}

/** The first few errors in one line. `root` is what the whole is called. */
function tell(errors: readonly ErrorObject[] | null | undefined, root: string): string {
  const reasons = new Set<string>();
  for (const error of errors ?? []) {
    if (reasons.size === TOLD) return `${[...reasons].join("; ")}; and more`;
    reasons.add(reason(error, root));
  }
  return [...reasons].join("; ");
}

function reason({ instancePath, message, params }: ErrorObject, root: string): string {
  const { additionalProperty, unevaluatedProperty, propertyName, allowedValue, allowedValues } = params;
  const detail: unknown =
    additionalProperty ?? unevaluatedProperty ?? propertyName ?? allowedValue ?? allowedValues;
  const what = `${shorten(instancePath, LONGEST_PATH) || root} ${message}`;
  return shorten(detail === undefined ? what : `${what}: ${JSON.stringify(detail)}`, LONGEST_REASON);
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}
