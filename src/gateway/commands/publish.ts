import { rawMember } from "../../json/raw-json.js";
import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import { errors } from "../codes.js";
import type { Command } from "../command.js";
import { Fault } from "../fault.js";
import { checkVisible } from "./visible.js";

/** Publishes to a channel, and answers when the broker has taken the message. */
export async function publish(caller: Caller, { id, request, text }: Command): Promise<void> {
  const channel = channelOf("publish", request);
  if (request.removed === true)
    throw new Fault(
      errors.notAvailable,
      "a key of a map is a topic: it is removed by an empty retained message, not by publish.removed",
    );
  const data = rawMember(text, "publish", "data");
  if (data === undefined) throw new Fault(errors.badRequest, "publish.data is missing");
  const features = checkVisible(caller, channel);
  await caller.publish(channel, {
    data,
    key: keyOf(request),
    mayPublish: caller.rights.publishing("publish", channel, features),
  });
  caller.replies.result(id, "publish");
}

/** The same without an answer: `send` with `{channel, data}`. */
export async function send(caller: Caller, { request, text }: Command): Promise<void> {
  const message = Object.hasOwn(request, "data") ? request.data : undefined;
  const channel = channelOf("send.data", (message ?? {}) as Command["request"]);
  const data = rawMember(text, "send", "data", "data");
  if (data === undefined) throw new Fault(errors.badRequest, "send.data.data is missing");
  const features = checkVisible(caller, channel);
  await caller.publish(channel, {
    data,
    mayPublish: caller.rights.publishing("publish", channel, features),
  });
}

/** The topic that the client means, when it publishes to one of a map. */
function keyOf({ key }: Command["request"]): string | undefined {
  return typeof key === "string" && key !== "" ? key : undefined;
}
