/** What a message carried, in the three forms that a channel delivers it in. */
export type Payload =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly base64: string };

/** Reads a publication: JSON as itself, other UTF-8 as a string, the rest as base64 that its tags announce. */
export function payloadOf(data: unknown, tags: Readonly<Record<string, string>> | undefined): Payload {
  if (typeof data !== "string") return { kind: "json", value: data };
  if (tags?.encoding === "base64") return { kind: "binary", base64: data };
  return { kind: "text", text: data };
}

/** Bytes that the base64 text stands for. */
export function binarySize(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}
