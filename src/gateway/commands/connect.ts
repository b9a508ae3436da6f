import type { Caller } from "../caller.js";
import { errors } from "../codes.js";
import { type Command, isObject } from "../command.js";
import { serverSubscription } from "../server-subscription.js";
import { tokenFault } from "../token-fault.js";
import type { Identity } from "../tokens.js";
import { positionOf } from "./subscribe.js";

const ANONYMOUS: Identity = { user: "", channels: [] };

/** Says who the client is, and subscribes it to what the server chose for it. */
export async function connect(caller: Caller, { id, request }: Command): Promise<void> {
  const { token } = request;
  const identity = typeof token === "string" && token !== "" ? await identify(caller, token) : ANONYMOUS;
  if (caller.closed || identity === undefined) return;
  caller.identity = identity;
  caller.expiry.set(identity.expiresAt);
  // What its channels have for it meanwhile comes after the answer: before it, a client does not know them.
  const { outbox } = caller.host;
  outbox.hold();
  const subs = await serverSubscriptions(caller, request.subs);
  if (caller.closed) return;
  const { version, options, log } = caller.context;
  const about = { name: shorten(request.name), version: shorten(request.version) };
  log.debug({ session: caller.id, user: caller.identity.user, ...about }, "session connected");
  // Clients take whole seconds, and wait for a ping that much and ten seconds more.
  const ping = Math.ceil(options.pingInterval / 1000);
  caller.connected(
    id,
    `"client":"${caller.id}","version":${JSON.stringify(version)}${caller.expiry.result}${subs}` +
      `${ping > 0 ? `,"ping":${ping},"pong":true` : ""}${caller.transportResult}`,
    about,
    request.data,
  );
}

/** Undefined when the session has been ended. */
async function identify(caller: Caller, token: string): Promise<Identity | undefined> {
  try {
    return await caller.context.tokens.verifyConnection(token);
  } catch (error) {
    const fault = tokenFault(caller, "connection", error);
    if (fault.code !== errors.unauthorized.code) throw fault;
    caller.disconnect("invalidToken");
    return undefined;
  }
}

/** The member of the result that tells of the server's own subscriptions. */
async function serverSubscriptions(caller: Caller, asked: unknown): Promise<string> {
  const { channels } = caller.identity;
  if (channels.length === 0) return "";
  const positions = isObject(asked) ? asked : {};
  const results = await Promise.all(
    channels.map(async (channel) => {
      const since = Object.hasOwn(positions, channel) ? positions[channel] : undefined;
      let member = "";
      await serverSubscription(caller, channel, isObject(since) ? positionOf(since) : undefined, (result) => {
        member = `${JSON.stringify(channel)}:{${result}}`;
      });
      return member === "" ? [] : [member];
    }),
  );
  return `,"subs":{${results.flat().join(",")}}`;
}

function shorten(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 64) : undefined;
}
