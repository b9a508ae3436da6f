import type { Caller } from "../caller.js";
import { channelOf } from "../channel-name.js";
import type { ChannelSubscription, SubscriptionOptions } from "../channel-subscription.js";
import type { Position } from "../channels.js";
import { errors } from "../codes.js";
import { type Command, quote } from "../command.js";
import { Fault } from "../fault.js";
import { MapPhase, type MapRequest, MapSubscription } from "../map-subscription.js";
import { shapeOf } from "../shaping/shape.js";
import { Subscription } from "../subscription.js";
import type { Answer } from "../subscription-host.js";
import { grantOf } from "../subscription-token.js";

type Request = Command["request"];

/** Subscribe flag: refuse rather than start anew when the position cannot be recovered. */
const REJECT_UNRECOVERED = 2;
/** Types of subscriptions: of publications as they come, or of the values by topic. */
const STREAM = 0;
const MAP = 1;
/** Topics of a map in one answer, when the client does not say, and at most. */
const PAGE = 1_000;
const LARGEST_PAGE = 10_000;

/** Subscribes the client to a channel, or takes a map subscription a step further. */
export function subscribe(caller: Caller, { id, request }: Command): void {
  const channel = channelOf("subscribe", request);
  const isMap = typeOf(request) === MAP;
  const { subscriptions, context } = caller;
  const known = subscriptions.get(channel);
  if (isMap && known instanceof MapSubscription && !known.settled) {
    const step = mapRequest(request);
    if (known.isNext(step)) {
      known.next(step, answerOf(caller, id, known));
      return;
    }
    known.refused(new Fault(errors.notAvailable, "the client began anew"));
    subscriptions.drop(known);
  }
  caller.withinSubscribeRate();
  const features = context.channels.features(channel);
  if (features instanceof Fault) throw features;
  subscriptions.check(channel);
  const token = typeof request.token === "string" ? request.token : "";
  if (token === "" && features.requireToken)
    throw new Fault(errors.permissionDenied, `channel ${quote(channel)} needs a subscription token`);
  const granted = token !== "";
  const permit = caller.rights.permit(channel, features, granted);
  if (permit.subscribe === "none") throw caller.rights.refusal("subscribe", channel);
  const guard = permit.subscribe === "part" ? caller.guard : undefined;
  const subscription = create(caller, id, request, {
    channel,
    server: false,
    granted,
    permit,
    presence: features.presence,
    joinLeave: request.join_leave === true,
    shape: shapeOf(features, request, context.filters, guard),
    ended: (name) => subscriptions.end(channel, name),
  });
  subscriptions.add(subscription);
  if (token === "") subscription.begin(undefined);
  else
    grantOf(caller, channel, token).then(
      (grant) => {
        // Rights may have changed meanwhile; then this ends it, or has the client try again.
        caller.review();
        subscription.begin(grant);
      },
      (fault: Fault) => subscription.refused(fault),
    );
}

/** Where a client stands that asks to go on. */
export function positionOf({ recover, epoch, offset }: Request): Position | undefined {
  if (recover !== true) return undefined;
  return {
    epoch: typeof epoch === "string" ? epoch : "",
    offset: typeof offset === "number" ? offset : 0,
  };
}

function create(
  caller: Caller,
  id: number,
  request: Request,
  options: SubscriptionOptions,
): ChannelSubscription {
  // The answer needs the subscription, which needs the answer.
  const answer: Answer = {
    accept: (result) => answerOf(caller, id, subscription).accept(result),
    refuse: (fault) => answerOf(caller, id, subscription).refuse(fault),
  };
  const subscription: ChannelSubscription =
    request.type === MAP ? createMap() : new Subscription(caller.host, streamOptions(), answer);
  return subscription;

  function createMap(): MapSubscription {
    const part = options.permit.subscribe === "part" ? caller.rights.sight : undefined;
    const map = new MapSubscription(caller.host, { ...options, part }, answer);
    map.request(mapRequest(request));
    return map;
  }
  function streamOptions() {
    const rejectUnrecovered = (Number(request.flag ?? 0) & REJECT_UNRECOVERED) !== 0;
    return { ...options, since: positionOf(request), rejectUnrecovered };
  }
}

function answerOf({ replies, subscriptions }: Caller, id: number, subscription: ChannelSubscription): Answer {
  return {
    accept: (result) => replies.result(id, "subscribe", result),
    refuse: (fault) => {
      subscriptions.drop(subscription);
      replies.refuse(id, fault);
    },
  };
}

function mapRequest({ phase, limit, cursor, epoch, offset, recover }: Request): MapRequest {
  const wanted = Number(limit ?? 0);
  return {
    // A client that asks to be live at once is taken to where it stands.
    phase: Number(phase ?? 0) === MapPhase.state ? MapPhase.state : MapPhase.stream,
    limit: wanted > 0 ? Math.min(wanted, LARGEST_PAGE) : PAGE,
    cursor: typeof cursor === "string" ? cursor : "",
    since: { epoch: typeof epoch === "string" ? epoch : "", offset: Number(offset ?? 0) },
    recover: recover === true,
  };
}

/** The type of subscription. */
function typeOf({ type }: Request): number {
  const kind = Number(type ?? STREAM);
  if (kind !== STREAM && kind !== MAP)
    throw new Fault(errors.notAvailable, "subscribe.type must be 0 (stream) or 1 (map)");
  return kind;
}
