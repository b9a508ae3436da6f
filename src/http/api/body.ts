import { isUtf8 } from "node:buffer";
import { ApiError } from "./error.js";

/** The body of a request: what it says, and how it was written. */
export class JsonBody {
  static readonly none = new JsonBody(undefined, "");

  readonly value: unknown;
  readonly text: string;

  constructor(value: unknown, text: string) {
    this.value = value;
    this.text = text;
  }

  static parse(bytes: Buffer): JsonBody {
    if (bytes.length === 0) return JsonBody.none;
    if (!isUtf8(bytes)) throw new ApiError(400, "the body is not UTF-8");
    const text = bytes.toString();
    try {
      return new JsonBody(JSON.parse(text), text);
    } catch (error) {
      throw new ApiError(400, `the body is not JSON: ${(error as Error).message}`);
    }
  }
}
