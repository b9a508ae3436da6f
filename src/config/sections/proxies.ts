import { z } from "zod";

const RANGE = "an address or range such as 10.0.0.7, 10.0.0.0/8 or fd00::/8";

export const proxies = z
  .strictObject({
    trusted: z
      .array(z.string().regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, { error: RANGE }))
      .max(1_000)
      .default([])
      .describe(
        "Addresses and ranges of your proxies. What these say of who is behind them is believed, and of nobody else: `X-Forwarded-For` and `X-Forwarded-Proto` over HTTP, where the last address that is none of these counts.",
      ),
    protocol: z
      .array(z.enum(["mqtt", "mqtts", "http"]))
      .default([])
      .describe(
        "Listeners on which the trusted proxies begin every connection with the PROXY protocol, version 1 or 2. There a connection without it, or of anybody else, is closed.",
      ),
  })
  .prefault({})
  .describe("Proxies and load balancers in front of the server.");
