import { z } from "zod";
import { content, contentOf, oneContent } from "./content.js";
import { deliver, flags, noFlagsForChannels, type PublishParts } from "./delivery.js";
import type { ErrorBody } from "./error.js";
import { channelName, MOST_ITEMS, topicName } from "./fields.js";
import { type Context, operation } from "./operation.js";

const broadcastBody = z
  .strictObject({
    topics: z.array(topicName()).max(MOST_ITEMS).default([]).describe("Topics to publish to."),
    channels: z.array(channelName()).max(MOST_ITEMS).default([]).describe("Channels to publish to."),
    ...content,
    ...flags,
  })
  .superRefine(oneContent.check)
  .superRefine(({ topics, channels }, context) => {
    const count = topics.length + channels.length;
    if (count >= 1 && count <= MOST_ITEMS) return;
    const message =
      count === 0 ? "needs topics or channels" : `names more than ${MOST_ITEMS} topics and channels`;
    context.addIssue({ code: "custom", message });
  })
  .superRefine(({ topics, ...rest }, context) => {
    if (topics.length === 0) noFlagsForChannels({ channel: "", ...rest }, context);
  })
  .meta(oneContent.schema);

export const broadcast = operation({
  id: "broadcast",
  scope: "publish",
  method: "POST",
  path: "/api/v1/broadcast",
  tag: "publish",
  summary: "Publish one thing to many topics and channels",
  description:
    "Every target has a result of its own, those of the channels first, in the order of the request. One that fails does not keep the others back.",
  body: broadcastBody,
  answer: z.object({
    results: z.array(
      z.object({
        channel: z.string().optional(),
        topic: z.string().optional(),
        status: z.int().describe("What publish would have answered: 200, or the status of the error."),
        error: z.string().optional(),
        code: z.int().optional(),
      }),
    ),
  }),
  example: {
    body: { channels: ["device:7", "device:8"], data: { relay: false } },
    answer: {
      results: [
        { channel: "device:7", status: 200 },
        {
          channel: "device:8",
          status: 403,
          error: 'permission denied: channel "device:8" is read-only: its rule has no publish',
          code: 103,
        },
      ],
    },
  },
  frequent: true,
  timed: true,
  handle: async (parts: PublishParts, { body, text }, context) => {
    const published = contentOf(text);
    const targets = [
      ...body.channels.map((channel) => ({ channel })),
      ...body.topics.map((topic) => ({ topic })),
    ];
    return {
      results: await Promise.all(
        targets.map(async (to) => {
          const result = await outcome(deliver(parts, to, published, body, context), context);
          return { ...to, ...result };
        }),
      ),
    };
  },
  changes: ({ body: { topics, channels, qos, retain } }, { results }) => ({
    topics: topics.length,
    channels: channels.length,
    failed: results.filter(({ status }) => status !== 200).length,
    qos,
    retain,
  }),
});

async function outcome(
  work: Promise<void>,
  context: Context,
): Promise<{ status: number } & Partial<ErrorBody>> {
  try {
    await work;
    return { status: 200 };
  } catch (error) {
    const { status, body } = context.failed(error);
    return { status, ...body };
  }
}
