import { sealed } from "./format/row.js";

/** What a write does to one row. */
export type Operation =
  | { readonly type: "put"; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: "del"; readonly key: Buffer };

/** Puts a row with this content, sealed. */
export function sealedPut(key: Buffer, content: Buffer): Operation {
  return { type: "put", key, value: sealed(key, content) };
}

/** Bytes of key and value. */
export function sizeOf(operation: Operation): number {
  return operation.key.length + (operation.type === "put" ? operation.value.length : 0);
}
