import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import type { HistoryQuery } from "../channels.js";
import { errors } from "../codes.js";
import { type Command, isObject } from "../command.js";
import { Fault } from "../fault.js";
import { checkVisible, viewOf } from "./visible.js";

/** Publications in one answer: a client that wants more asks again from where it ended. */
const MOST = 1_000;

/** What was published to a channel. */
export function history(caller: Caller, { id, request }: Command): void {
  const channel = channelOf("history", request);
  const features = checkVisible(caller, channel);
  const { rights } = caller;
  const isPart = viewOf(caller, "history", channel, features) === "part";
  const wants = isPart ? (topic: string) => rights.mayReceive(topic) : undefined;
  const { publications, position } = caller.context.channels.history(channel, { ...queryOf(request), wants });
  const list = publications.map(({ json }) => json).join(",");
  caller.replies.result(
    id,
    "history",
    `"publications":[${list}],"epoch":"${position.epoch}","offset":${position.offset}`,
  );
}

function queryOf({ limit, since, reverse }: Command["request"]): HistoryQuery {
  const wanted = Number(limit ?? 0);
  // In the protocol a negative limit is none.
  const query = { limit: wanted < 0 ? MOST : Math.min(wanted, MOST), reverse: reverse === true };
  if (!isObject(since)) return query;
  const { epoch = "", offset = 0 } = since;
  if (typeof epoch !== "string") throw new Fault(errors.badRequest, "history.since.epoch must be a string");
  if (!Number.isInteger(offset) || Number(offset) < 0)
    throw new Fault(errors.badRequest, "history.since.offset must be a whole number from 0");
  return { ...query, since: { epoch, offset: Number(offset) } };
}
