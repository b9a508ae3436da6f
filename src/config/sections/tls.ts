import { z } from "zod";

export const tls = z
  .strictObject({
    cert: z
      .string()
      .min(1)
      .describe(
        "PEM file with the certificate, followed by any intermediate ones. Relative to the working directory.",
      ),
    key: z.string().min(1).describe("PEM file with the private key of the certificate, not encrypted."),
    http: z.boolean().default(true).describe("Use the certificate on the HTTP listener too (HTTPS and WSS)."),
  })
  .optional()
  .describe("Certificate for MQTT over TLS, HTTPS and WSS. `causeway cert` makes one for development.");
