import { Denied } from "../../access/denied.js";
import type { Principal } from "../../access/principal.js";
import type { Caller } from "../caller.js";
import { errors } from "../codes.js";
import { type Command, isObject } from "../command.js";
import { denialOf } from "../denial.js";
import { Fault } from "../fault.js";
import { serverSubscription } from "../server-subscription.js";
import { positionOf } from "./subscribe.js";

/** Says who the client is, and subscribes it to what the server chose for it. */
export async function connect(caller: Caller, { id, request }: Command): Promise<void> {
  const token = typeof request.token === "string" ? request.token : "";
  const principal = await identify(caller, token);
  if (caller.closed || principal === undefined) return;
  caller.belongTo(principal);
  // Only a token can be followed by a newer one.
  caller.expiry.set(principal.expiresAt, token !== "");
  // What its channels have for it meanwhile comes after the answer: before it, a client does not know them.
  const { outbox } = caller.host;
  outbox.hold();
  const subs = await serverSubscriptions(caller, principal.channels, request.subs);
  if (caller.closed) return;
  const { version, options, log } = caller.context;
  const about = { name: shorten(request.name), version: shorten(request.version) };
  log.debug({ session: caller.id, user: caller.user, ...about }, "session connected");
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
async function identify(caller: Caller, token: string): Promise<Principal | undefined> {
  const { gate } = caller.context;
  const { peer, cookie } = caller.visitor;
  try {
    return await gate.admit(
      token === "" ? { door: "channel", peer, cookie } : { door: "channel", peer, token },
    );
  } catch (error) {
    if (token === "" && isWithoutCredentials(error)) {
      // A client that can get a token does so after this error, and any other stays away.
      throw new Fault(errors.tokenExpired, "a token is needed, clients without credentials are not let in");
    }
    const denial = denialOf(caller, error);
    if (denial instanceof Fault) throw denial;
    caller.disconnect(denial);
    return undefined;
  }
}

function isWithoutCredentials(error: unknown): boolean {
  return error instanceof Denied && error.kind === "credentials";
}

/** The member of the result that tells of the server's own subscriptions. */
async function serverSubscriptions(
  caller: Caller,
  channels: readonly string[],
  asked: unknown,
): Promise<string> {
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
