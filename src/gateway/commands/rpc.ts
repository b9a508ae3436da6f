import { rawMember } from "../../json/raw-json.js";
import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import { errors } from "../codes.js";
import { type Command, isObject, quoteValue } from "../command.js";
import { Fault } from "../fault.js";
import { checkVisible } from "./visible.js";

/** Calls a method of the server. */
export async function rpc(caller: Caller, command: Command): Promise<void> {
  const { method } = command.request;
  if (method !== "request")
    throw new Fault(errors.methodNotFound, `there is no method ${quoteValue(method)}`);
  await request(caller, command);
}

/** Sends a device a command and answers with what it answers: `{channel, data, timeout}` in ms, `{topic, data, encoding}`. */
async function request(caller: Caller, { id, request: { data }, text }: Command): Promise<void> {
  if (!isObject(data))
    throw new Fault(errors.badRequest, "rpc.data must be an object with a channel and data");
  const channel = channelOf("rpc.data", data);
  const command = rawMember(text, "rpc", "data", "data");
  if (command === undefined) throw new Fault(errors.badRequest, "rpc.data.data is missing");
  const { timeout } = data;
  if (timeout !== undefined && typeof timeout !== "number")
    throw new Fault(errors.badRequest, "rpc.data.timeout must be a number of milliseconds");
  const features = checkVisible(caller, channel);
  const mayPublish = caller.rights.publishing("rpc", channel, features);
  const answer = await caller.request(channel, { data: command, mayPublish }, timeout);
  const how = answer.encoding === undefined ? "" : `,"encoding":"${answer.encoding}"`;
  const body = `"topic":${JSON.stringify(answer.topic)},"data":${answer.data}${how}`;
  caller.replies.result(id, "rpc", `"data":{${body}}`);
}
