import { randomBytes } from "node:crypto";
import { Denied } from "../access/denied.js";
import { signedPath } from "../auth/signed-urls/signed-path.js";
import { signedQuery } from "../auth/signed-urls/signed-query.js";
import { formatAddress } from "../config/address.js";
import type { Config } from "../config/schema.js";
import { formatDuration } from "../config/units.js";
import { defineCommand, UsageError } from "./command.js";
import { configOf, configOption, reportFaults } from "./configured.js";
import { endAfter } from "./end.js";
import { Failure } from "./failure.js";

const ONCE_BYTES = 16;

export const signUrl = defineCommand({
  name: "sign-url",
  summary: "Make a signed URL for one channel of /v3, and print nothing else.",
  positionals: "CHANNEL",
  options: {
    user: {
      type: "string",
      short: "u",
      value: "NAME",
      description: "The user; without one, nobody in particular.",
    },
    expires: { type: "string", value: "TIME", description: "How long it is good, as 15m or 1h. Default: 1h" },
    once: { type: "boolean", description: "For single use." },
    publish: { type: "boolean", description: "To send, too, and not only to read." },
    url: {
      type: "string",
      value: "URL",
      description: "Where clients reach the server, as wss://example.org. Default: listen.http",
    },
    ...configOption,
  },
  examples: [
    "causeway sign-url device:7 --user ann --expires 15m",
    "causeway sign-url device:7 --once --url wss://broker.example.org",
  ],
  run: (flags, [channel, ...more]) =>
    reportFaults("sign-url", async () => {
      if (channel === undefined || channel === "" || more.length > 0)
        throw new UsageError("sign-url: name one channel");
      const config = configOf(flags);
      if (!config.signedUrls)
        throw new Failure(
          "there is nothing to sign with: set signedUrls.secret in the configuration, or CAUSEWAY_SIGNED_URLS_SECRET",
        );
      const base = baseOf(flags.url, config);
      const terms = {
        channel,
        user: flags.user ?? "",
        expires: String(endOf(flags.expires ?? "1h", config.signedUrls.maxAge)),
        once: flags.once ? randomBytes(ONCE_BYTES).toString("base64url") : "",
        publish: flags.publish ? "1" : "",
      };
      const url = base + signedPath(config.signedUrls.secret, terms);
      check(channel, url);
      process.stdout.write(`${url}\n`);
      return 0;
    }),
});

function endOf(text: string, maxAge: number): number {
  const end = endAfter("sign-url: --expires", text);
  if (end * 1_000 > Date.now() + maxAge)
    throw new UsageError(
      `sign-url: --expires ${text} is longer than signedUrls.maxAge (${formatDuration(maxAge)})`,
    );
  return end;
}

function baseOf(text: string | undefined, { listen: { http }, tls }: Config): string {
  if (text === undefined) {
    const host = http.host === "0.0.0.0" || http.host === "::" ? "localhost" : http.host;
    return `${tls?.http ? "wss" : "ws"}://${formatAddress({ ...http, host })}`;
  }
  if (URL.canParse(text)) {
    const { protocol, host, pathname, search, hash, username } = new URL(text);
    if (/^(ws|http)s?:$/.test(protocol) && search === "" && hash === "" && username === "")
      return `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
  }
  throw new UsageError("sign-url: --url must be one such as wss://broker.example.org");
}

/** As the server will, so that nobody is handed a URL that it refuses. */
function check(channel: string, url: string): void {
  try {
    signedQuery(channel, new URL(url).searchParams);
  } catch (error) {
    if (!(error instanceof Denied)) throw error;
    throw new UsageError(`sign-url: ${error.message.replace("signed URL: ", "")}`);
  }
}
