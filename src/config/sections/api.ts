import { z } from "zod";
import { size } from "../units.js";

const KEY = "a text of 16 to 256 characters, ASCII without spaces";

const key = z
  .string({ error: KEY })
  .regex(/^[!-~]{16,256}$/, { error: KEY })
  .meta({ title: "key", writeOnly: true });

export const api = z
  .strictObject({
    keys: z
      .array(key)
      .max(100)
      .default([])
      .meta({ writeOnly: true })
      .describe(
        "Keys for the REST API, each of 16 to 256 ASCII characters. Any of them lets in, as `Authorization: Bearer KEY` or `X-API-Key: KEY`. Without keys the API is served only while every listener is on loopback.",
      ),
    maxBodySize: size({ max: 256 * 1024 ** 2 })
      .prefault("1MiB")
      .describe("Largest body of a request."),
  })
  .prefault({})
  .describe("The REST API.");
