import { z } from "zod";
import { scopes } from "../../access/scope.js";
import { file } from "../file-name.js";

const pattern = (what: string) => z.array(z.string().min(1)).min(1).max(10_000).optional().describe(what);

const actions = z.array(z.enum(["publish", "subscribe", "presence", "history", "rpc"])).min(1);

export const rightsRule = z
  .strictObject({
    allow: actions.optional().describe("What the rule allows."),
    deny: actions.optional().describe("What the rule denies; a denial wins over everything that allows."),
    topics: pattern(
      "Topic filters. `%u` stands for the user, `%c` for the client identifier, and `{name}` for what `users` or `clients` captured under that name. For a name that holds `+`, `#` or `/` what it allows does not hold, and what it denies holds for everything from that level on.",
    ),
    channels: pattern(
      "Names of channels, which may end with `*`; the same stands for the same. Channels `mqtt:FILTER` are their topics, and are not among those that `*` stands for.",
    ),
    users: pattern("User names; `*` for any text, `{name}` to capture a part. Default: every user."),
    clients: pattern("Client identifiers, in the same form. Default: every client."),
    anonymous: z
      .boolean()
      .default(false)
      .describe(
        "Whether the rule is for those without a user name too, as clients without credentials. Not with `users`.",
      ),
    qos: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .optional()
      .describe(
        "`allow` holds for this QoS and below, `deny` for this QoS and above. A subscription is lowered to what is allowed, and of a broader one each message that may not come at its QoS.",
      ),
    retain: z
      .boolean()
      .optional()
      .describe(
        "The rule holds for the publishing of messages that are to be retained (true), or of others (false). Default: both.",
      ),
  })
  .describe("One rule of rights.");

export const scopeRule = z.strictObject({
  users: z.array(z.string().min(1)).min(1).describe("User names; `*` for any text."),
  scopes: z.array(z.enum(scopes)).min(1).describe("What they may do besides MQTT and channels."),
});

export const rights = z
  .strictObject({
    rules: z
      .array(rightsRule)
      .max(100_000)
      .default([])
      .describe(
        "Rules for topics and channels. Their order does not matter: what no rule allows, and what one denies, is denied.",
      ),
    file: file(
      "YAML file with `rules` and `scopes` like those here, which join them. Read again when it changes.",
    ).optional(),
    aclFile: file("Rights in the syntax of Mosquitto's `acl_file`. Read again when it changes.").optional(),
    scopes: z
      .array(scopeRule)
      .max(10_000)
      .default([])
      .describe("Scopes of users over the REST API and metrics."),
  })
  .optional()
  .describe(
    "Who may do what. Without it everybody who is let in may read and write everything; with it, only what is allowed.",
  );
