import { z } from "zod";
import { accounts } from "./sections/accounts.js";
import { api } from "./sections/api.js";
import { authWebhook } from "./sections/auth-webhook.js";
import { bridge } from "./sections/bridge.js";
import { drain } from "./sections/drain.js";
import { gateway } from "./sections/gateway.js";
import { http } from "./sections/http.js";
import { keys } from "./sections/keys.js";
import { limits } from "./sections/limits.js";
import { listen } from "./sections/listen.js";
import { log } from "./sections/log.js";
import { login } from "./sections/login.js";
import { messages } from "./sections/messages.js";
import { mqtt } from "./sections/mqtt.js";
import { proxies } from "./sections/proxies.js";
import { rights } from "./sections/rights.js";
import { sessions } from "./sections/sessions.js";
import { signedUrls } from "./sections/signed-urls.js";
import { storage } from "./sections/storage.js";
import { tls } from "./sections/tls.js";
import { tokens } from "./sections/tokens.js";
import { webhooks } from "./sections/webhooks.js";
import { duration } from "./units.js";

/*
 * The one description of the configuration. Types, defaults, environment names, the JSON Schema for editors and
 * docs/reference/configuration.md are made from it, so a key is added here, or in sections/, and nowhere else.
 */

export const schema = z
  .strictObject({
    data: z.string().min(1).default("./data").describe("Directory of everything that survives a restart."),
    allowAnonymous: z
      .boolean()
      .optional()
      .describe(
        "Let clients in without credentials. Default: only while every listener is on loopback, no proxies are trusted, and nothing here says who is to be let in (`accounts`, `tokens`, `keys`, `authWebhook`, `tls.clients`).",
      ),
    accounts,
    tokens,
    keys,
    signedUrls,
    authWebhook,
    login,
    rights,
    limits,
    durability: z
      .enum(["always", "interval", "os"])
      .default("always")
      .describe(
        "What an acknowledgement of QoS 1 or 2 promises of what must be kept: `always`, it is on the disk; `interval`, it is there within `storage.syncInterval`; `os`, the operating system has it and writes it when it likes.",
      ),
    storage,
    sessions,
    messages,
    listen,
    tls,
    proxies,
    http,
    log,
    mqtt,
    bridge,
    gateway,
    drain,
    webhooks,
    api,
    shutdownTimeout: duration({ zero: true })
      .prefault("10s")
      .describe("Longest time that draining on SIGTERM or SIGINT may take."),
  })
  .describe("Causeway configuration");

/** The configuration after parsing: every default filled in, durations in ms, sizes in bytes. */
export type Config = z.output<typeof schema>;
/** What a file, the environment or flags may hold. */
export type ConfigInput = z.input<typeof schema>;
/** One rule between topics and channels. */
export type ChannelRule = Config["bridge"]["channels"][number];
