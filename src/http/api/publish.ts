import { z } from "zod";
import { content, contentOf, oneContent } from "./content.js";
import { deliver, flags, noFlagsForChannels, type PublishParts, shorten } from "./delivery.js";
import { either } from "./either.js";
import { channelName, topicName } from "./fields.js";
import { operation } from "./operation.js";

const oneTarget = either("topic", "channel");

const publishBody = z
  .strictObject({
    topic: topicName().optional(),
    channel: channelName().optional(),
    ...content,
    ...flags,
  })
  .superRefine(oneTarget.check)
  .superRefine(oneContent.check)
  .superRefine(noFlagsForChannels)
  .meta({ allOf: [oneTarget.schema, oneContent.schema] });

export const publish = operation({
  id: "publish",
  scope: "publish",
  method: "POST",
  path: "/api/v1/publish",
  tag: "publish",
  summary: "Publish to a topic or a channel",
  description:
    "To a topic: an MQTT message. To a channel: the MQTT message that the `publish` of the channel's rule makes, as if a client had published there. The answer comes when the broker has taken it, and at QoS 1 and 2 has stored it for those who must not miss it.",
  body: publishBody,
  answer: z.object({}),
  example: { body: { topic: "devices/7/commands", data: { relay: true }, qos: 1 }, answer: {} },
  errors: {
    403: "Topics that begin with $ are the server's own; the channel's rule has no `publish`.",
    404: "No rule makes the channel.",
  },
  frequent: true,
  timed: true,
  handle: async (parts: PublishParts, { body, text }, context) => {
    await deliver(parts, body, contentOf(text), body, context);
    return {};
  },
  changes: ({ body: { topic, channel, qos, retain } }) => ({
    topic: topic && shorten(topic),
    channel,
    qos,
    retain,
  }),
});
