import type { CertificateFiles } from "./certificate.js";
import { defineCommand, UsageError } from "./command.js";

/** Browsers refuse a certificate that is valid for longer, whoever signed it. */
const MOST_DAYS = 825;

export const cert = defineCommand({
  name: "cert",
  summary: "Make a certificate for development: a CA of its own and a certificate for this machine's names.",
  options: {
    out: { type: "string", short: "o", value: "DIR", description: "Directory to write to (default: certs)." },
    name: {
      type: "string",
      short: "n",
      multiple: true,
      value: "HOST",
      description: "A further name or address to be valid for; may be repeated.",
    },
    days: {
      type: "string",
      value: "N",
      description: "Days that it is valid for, at most 825 (default: 365).",
    },
    force: { type: "boolean", description: "Replace files that exist." },
    json: { type: "boolean", description: "Write what was made as JSON." },
  },
  examples: ["causeway cert", "causeway cert --out /etc/causeway --name broker.example.org --days 90"],
  async run(values) {
    const { writeCertificate } = await import("./certificate.js");
    const made = await writeCertificate({
      directory: values.out ?? "certs",
      names: values.name ?? [],
      days: parseDays(values.days ?? "365"),
      force: values.force ?? false,
    });
    process.stdout.write(values.json ? `${JSON.stringify(made, null, 2)}\n` : explain(made));
    return 0;
  },
});

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= MOST_DAYS) return days;
  throw new UsageError(`cert: --days ${JSON.stringify(text)} is not a whole number from 1 to ${MOST_DAYS}`);
}

function explain({ ca, cert, key, names, validTo }: CertificateFiles): string {
  return `Wrote ${ca}, ${cert} and ${key}
  for ${names.join(", ")}
  until ${validTo.slice(0, 10)}

For causeway.yaml:

  tls:
    cert: ${JSON.stringify(cert)}
    key: ${JSON.stringify(key)}

To connect, a client must trust the CA:

  mosquitto_pub --cafile ${ca} -h localhost -p 8883 -t sensors/kitchen/temperature -m 21.5

A browser trusts the page once ${ca} is among its authorities. The CA's own key was thrown away:
nobody can sign anything else with it. For development only.
`;
}
