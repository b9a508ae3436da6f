import type { Caller } from "./caller.js";
import type { Position } from "./channels.js";
import { Fault } from "./fault.js";
import { ruleShape } from "./shaping/shape.js";
import { type StreamOptions, Subscription } from "./subscription.js";

/**
 * Subscribes a session to a channel without being asked by the client. `accepted` is called with the inside of the result, before
 * anything else is sent for the subscription. Resolves with whether it was; the log says why it was not.
 */
export function serverSubscription(
  caller: Caller,
  channel: string,
  since: Position | undefined,
  accepted: (result: string) => void,
): Promise<boolean> {
  const { context, subscriptions, host } = caller;
  return new Promise((resolve) => {
    const refuse = ({ message: reason }: Fault): void => {
      context.limitedLog.warn("a session was not subscribed by the server", {
        session: caller.id,
        channel,
        reason,
      });
      resolve(false);
    };
    try {
      const subscription = new Subscription(host, optionsOf(caller, channel, since), {
        accept: (result) => {
          accepted(result);
          resolve(true);
        },
        refuse: (fault) => {
          subscriptions.drop(subscription);
          refuse(fault);
        },
      });
      subscriptions.add(subscription);
      subscription.begin(undefined);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      refuse(error);
    }
  });
}

/** The same after the client has connected, which it is told by a push. */
export function pushSubscription(caller: Caller, channel: string): Promise<boolean> {
  return serverSubscription(caller, channel, undefined, (result) =>
    caller.replies.pushRaw(`"channel":${JSON.stringify(channel)},"subscribe":{${result}}`),
  );
}

function optionsOf(caller: Caller, channel: string, since: Position | undefined): StreamOptions {
  const { context, subscriptions } = caller;
  const features = context.channels.features(channel);
  if (features instanceof Fault) throw features;
  subscriptions.check(channel);
  const permit = caller.rights.permit(channel, features, true);
  if (permit.subscribe === "none") throw caller.rights.refusal("subscribe", channel);
  return {
    channel,
    since,
    presence: features.presence,
    joinLeave: features.presence,
    server: true,
    granted: true,
    permit,
    rejectUnrecovered: false,
    shape: ruleShape(features),
    // A client does not subscribe again to what it did not choose: it has to come back.
    ended: (name) => {
      if (name === "insufficientState") caller.disconnect(name);
      else subscriptions.end(channel, name);
    },
  };
}
