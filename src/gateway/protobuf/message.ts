/** How a value is written. `json` is for bytes that hold JSON text. */
export type Scalar = "bool" | "uint32" | "int32" | "int64" | "uint64" | "string" | "json";
export type Single = Scalar | Message;
type Repeated = { readonly of: Single; readonly shape: "list" | "map" };

export interface Field {
  readonly name: string;
  /** What stands before its values: its number, and how their end is found. */
  readonly tag: number;
  /** Of a list that of its elements, of a map that of its values. */
  readonly type: Single;
  readonly shape: "single" | "list" | "map";
}

/** Wire types. */
export const VARINT = 0;
export const DELIMITED = 2;
/** A map is a list of entries, which are messages: of a key, and of a value that has its length before it. */
export const KEY = 8 + DELIMITED;
export const VALUE = 16 + DELIMITED;

/** A message of the schema: its fields, whose names are those of the JSON encoding. */
export class Message {
  readonly #byTag = new Map<number, Field>();
  readonly #byName = new Map<string, Field>();

  constructor(fields: Readonly<Record<string, readonly [number: number, type: Single | Repeated]>>) {
    for (const [name, [number, type]] of Object.entries(fields)) this.add(name, number, type);
  }

  /** For a message that holds messages of its own kind. */
  add(name: string, number: number, type: Single | Repeated): void {
    const { of, shape } = isRepeated(type) ? type : { of: type, shape: "single" as const };
    const field = { name, tag: number * 8 + wireTypeOf(of), type: of, shape };
    this.#byTag.set(field.tag, field);
    this.#byName.set(name, field);
  }

  tagged(tag: number): Field | undefined {
    return this.#byTag.get(tag);
  }

  named(name: string): Field | undefined {
    return this.#byName.get(name);
  }
}

export const listOf = (of: Single): Repeated => ({ of, shape: "list" });
/** Keys are strings. */
export const mapOf = (of: Message | "string"): Repeated => ({ of, shape: "map" });

function isRepeated(type: Single | Repeated): type is Repeated {
  return typeof type === "object" && "shape" in type;
}

function wireTypeOf(type: Single): number {
  return type instanceof Message || type === "string" || type === "json" ? DELIMITED : VARINT;
}
