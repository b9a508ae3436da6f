import { z } from "zod";
import { file } from "../file-name.js";

const pair = {
  cert: file("PEM file with the certificate, followed by any intermediate ones."),
  key: file("PEM file with the private key of the certificate, not encrypted."),
};

const named = z.strictObject({
  names: z
    .array(z.string().regex(/^(\*\.)?[A-Za-z0-9.-]+$/, { error: "a host name, or *.example" }))
    .min(1)
    .describe("Host names (SNI) that this certificate is for; `*.example` for one level of names."),
  ...pair,
});

const clients = z.strictObject({
  ca: file("PEM file with the authorities whose client certificates are taken."),
  required: z
    .boolean()
    .default(true)
    .describe(
      "Refuse clients without a certificate. When false they need another credential; a bad certificate is refused all the same.",
    ),
  crl: file(
    "PEM file with revocation lists, of each of these authorities one that is not overdue: nobody is let in by an authority without. A list that is read again also ends the connections of those who are on it.",
  ).optional(),
  user: z
    .enum(["cn", "dns", "email", "uri"])
    .default("cn")
    .describe(
      "What becomes the user name: the subject's common name, if it has just one, or the first alternative name of that kind.",
    ),
});

export const tls = z
  .strictObject({
    ...pair,
    http: z.boolean().default(true).describe("Use TLS on the HTTP listener too (HTTPS and WSS)."),
    names: z
      .array(named)
      .max(1_000)
      .default([])
      .describe("Certificates for certain host names. Clients that ask for others get the one above."),
    listeners: z
      .strictObject({
        mqtts: z.strictObject(pair).optional().describe("For MQTT over TLS."),
        http: z.strictObject(pair).optional().describe("For the HTTP listener."),
      })
      .prefault({})
      .describe("Certificates for certain listeners, in place of the one above."),
    clients: z
      .strictObject({
        mqtts: clients.optional().describe("For MQTT over TLS."),
        http: clients.optional().describe("For the HTTP listener."),
      })
      .prefault({})
      .describe("Client certificates (mTLS) by listener."),
    expiryWarning: z
      .int()
      .min(1)
      .max(365)
      .default(21)
      .describe("Days before the end of a certificate from which on the log warns of it."),
  })
  .optional()
  .describe(
    "Certificates for MQTT over TLS, HTTPS and WSS, read again when their files change. `causeway cert` makes one for development.",
  );
