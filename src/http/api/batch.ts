import { z } from "zod";
import { rawItems, rawMember } from "../../json/raw-json.js";
import { broadcast } from "./broadcast.js";
import { MOST_ITEMS, userName } from "./fields.js";
import { type Context, type Description, nothing, operation } from "./operation.js";
import { publish } from "./publish.js";
import { disconnectUser, refreshUser, sendToUser, subscribeUser, unsubscribeUser } from "./users.js";

/** What a command may be, by the name of its one key. */
const kinds: Readonly<Record<string, Description>> = {
  publish,
  broadcast,
  subscribe: subscribeUser,
  unsubscribe: unsubscribeUser,
  disconnect: disconnectUser,
  refresh: refreshUser,
  send: sendToUser,
};

const command = z
  .strictObject(
    Object.fromEntries(
      Object.entries(kinds).map(([kind, known]) => [
        kind,
        commandBody(known).optional().describe(`As the body of \`${known.id}\`.`),
      ]),
    ),
  )
  .superRefine((given, context) => {
    if (Object.keys(given).length === 1) return;
    const message = `needs one of ${Object.keys(kinds).join(", ")}, and only one`;
    context.addIssue({ code: "custom", message });
  })
  .meta({ minProperties: 1, maxProperties: 1 });

const body = z
  .strictObject({
    commands: z.array(command).min(1).max(MOST_ITEMS).describe("What to do, one kind each."),
  })
  .superRefine(({ commands }, context) => {
    const targets = commands.reduce((sum, given) => sum + targetsOf(given), 0);
    if (targets <= MOST_ITEMS) return;
    const message = `publishes to ${targets} topics and channels in all; ${MOST_ITEMS} is the most`;
    context.addIssue({ code: "custom", path: ["commands"], message });
  });

export const batch = operation({
  id: "batch",
  method: "POST",
  path: "/api/v1/batch",
  tag: "publish",
  summary: "Many commands in one request",
  description:
    "A command is an object with one key, its kind, which holds the body of the operation of that name; for those of a user, with the `user` in it. Commands begin in the order of the request, and each has a result of its own at its place: the status and the body that the single request would have been answered with. One that fails does not keep the others back. Each needs the scope of its own operation. A body that is not in order is refused whole.",
  body,
  answer: z.object({
    results: z.array(
      z.object({
        status: z.int().describe("200, or the status of the error."),
        body: z.looseObject({}).describe("What the operation answers, or the error."),
      }),
    ),
  }),
  example: {
    body: {
      commands: [
        { publish: { topic: "devices/7/commands", data: { relay: true } } },
        { publish: { channel: "nothing", data: 1 } },
      ],
    },
    answer: {
      results: [
        { status: 200, body: {} },
        {
          status: 404,
          body: {
            error:
              'unknown channel: no rule makes a channel "nothing"; see bridge.channels in the configuration',
            code: 102,
          },
        },
      ],
    },
  },
  timed: true,
  handle: async (_: unknown, { body: { commands }, text }, context) => {
    const texts = rawItems(rawMember(text, "commands") ?? "");
    const results = commands.map((given, place) => perform(given, texts[place] ?? "", context));
    return { results: await Promise.all(results) };
  },
});

async function perform(given: Readonly<Record<string, unknown>>, text: string, context: Context) {
  const [kind = ""] = Object.keys(given);
  const { user, ...rest } = given[kind] as Record<string, unknown>;
  const input = {
    params: user === undefined ? {} : { user },
    query: {},
    body: rest,
    text: rawMember(text, kind) ?? "",
  };
  try {
    return {
      status: 200,
      body: (await context.run(kinds[kind]?.id ?? "", input)) as Record<string, unknown>,
    };
  } catch (error) {
    const { status, body: told } = context.failed(error);
    return { status, body: { ...told } };
  }
}

function commandBody({ params, body: own = nothing }: Description): z.ZodObject {
  return params ? own.extend({ user: userName() }) : own;
}

function targetsOf({ publish: one, broadcast: many }: Readonly<Record<string, unknown>>): number {
  if (one !== undefined) return 1;
  const { topics = [], channels = [] } = (many ?? {}) as { topics?: unknown[]; channels?: unknown[] };
  return topics.length + channels.length;
}
