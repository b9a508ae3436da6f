import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import { errors } from "../codes.js";
import { type Command, quote } from "../command.js";
import { Fault } from "../fault.js";
import { clientInfo } from "../member.js";
import { checkVisible, viewOf } from "./visible.js";

/** Clients in one answer. */
const MOST = 10_000;

/** Who is subscribed to a channel. */
export function presence(caller: Caller, { id, request }: Command): void {
  const channel = presentChannel(caller, "presence", request);
  const { rooms } = caller.context;
  if (rooms.size(channel) > MOST)
    throw new Fault(
      errors.limitExceeded,
      `more than ${MOST} clients are in ${quote(channel)}: ask presence_stats`,
    );
  const clients = Object.fromEntries(
    rooms.members(channel).map((member) => [member.client, clientInfo(member)]),
  );
  caller.replies.result(id, "presence", `"presence":${JSON.stringify(clients)}`);
}

/** How many are. */
export function presenceStats(caller: Caller, { id, request }: Command): void {
  const channel = presentChannel(caller, "presence_stats", request);
  const { clients, users } = caller.context.rooms.stats(channel);
  caller.replies.result(id, "presence_stats", `"num_clients":${clients},"num_users":${users}`);
}

function presentChannel(caller: Caller, method: string, request: Command["request"]): string {
  const channel = channelOf(method, request);
  const features = checkVisible(caller, channel);
  viewOf(caller, "presence", channel, features);
  if (features.presence) return channel;
  throw new Fault(errors.notAvailable, `the rule of channel ${quote(channel)} has no presence`);
}
