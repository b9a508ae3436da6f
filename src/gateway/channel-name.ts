import { errors } from "./codes.js";
import { quote } from "./command.js";
import { Fault } from "./fault.js";

/** The longest channel name, in characters. */
export const MAX_CHANNEL_NAME = 255;

/** The channel that a request names. */
export function channelOf(method: string, request: Readonly<Record<string, unknown>>): string {
  const channel = Object.hasOwn(request, "channel") ? request.channel : undefined;
  if (typeof channel !== "string" || channel === "")
    throw new Fault(errors.badRequest, `${method}.channel is missing: name a channel`);
  if (channel.length > MAX_CHANNEL_NAME)
    throw new Fault(
      errors.badRequest,
      `${method}.channel must not be longer than ${MAX_CHANNEL_NAME} characters`,
    );
  return channel;
}

export function unknownChannel(channel: string): Fault {
  return new Fault(
    errors.unknownChannel,
    `no rule makes a channel ${quote(channel)}; see bridge.channels in the configuration`,
  );
}
