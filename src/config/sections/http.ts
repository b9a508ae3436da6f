import { z } from "zod";

const ORIGIN = "an origin such as https://dashboard.example, or *";

const origin = z
  .string()
  .regex(/^(\*|https?:\/\/(\*\.)?[^/\s*?#@]+)$/, { error: ORIGIN, abort: true })
  .refine((text) => text === "*" || URL.canParse(text.replace("//*.", "//any.")), { error: ORIGIN });

export const http = z
  .strictObject({
    origins: z
      .array(origin)
      .max(1_000)
      .default([])
      .describe(
        "Origins of web pages, besides the server's own, that may open WebSockets, channel sessions and `/v3`: `https://dashboard.example`, `https://*.example`, or `*` for all. Clients that are no browsers send no origin and are let through. While only this machine can reach the server and needs no credentials, pages that this machine serves are, too, and files that are opened on it may read from `/v3`.",
      ),
    openMetrics: z
      .boolean()
      .optional()
      .describe(
        "Serve `/metrics` to everybody. Default: while anonymous clients are let in; else a credential with the scope `metrics` is needed.",
      ),
  })
  .prefault({})
  .describe("The HTTP listener.");
