import { z } from "zod";
import { rawMember } from "../../json/raw-json.js";
import { either } from "./either.js";

/** What is published, the way that clients of channels write it. */
export interface Content {
  /** JSON text. */
  readonly data: string;
  /** `base64` when `data` is a string that stands for bytes. */
  readonly encoding: "base64" | undefined;
}

/** The keys of a body that say what is published. */
export const content = {
  data: z
    .unknown()
    .optional()
    .describe(
      "Any JSON, published as it is written here; a string is published as its text. This or `payload`.",
    ),
  payload: z.base64().optional().describe("The bytes to publish, in base64. This or `data`."),
};

/** One of them, and not both. */
export const oneContent = either("data", "payload");

/** What a body publishes, to the byte. */
export function contentOf(text: string): Content {
  const payload = rawMember(text, "payload");
  if (payload !== undefined) return { data: payload, encoding: "base64" };
  return { data: rawMember(text, "data") ?? "null", encoding: undefined };
}

/** The bytes on the MQTT side: of a string its text, of everything else its JSON. */
export function payloadOf({ data, encoding }: Content): Buffer {
  return data.startsWith('"') ? Buffer.from(JSON.parse(data), encoding) : Buffer.from(data);
}
