import { type ChannelAction, channelActions } from "../../access/rights.js";

/**
 * What may be done with a topic, as bits: to receive from it at QoS 0, 1 and 2, and to publish to it at each QoS, not retained and
 * retained. A verdict is the bits that are allowed and not denied.
 */
export type Permissions = number;

const FIRST_PUBLISH = 3;
const RECEIVE = 0b111;
const QOS = [0, 1, 2] as const;

export function receiveBit(qos: number): Permissions {
  return 1 << qos;
}

/** A QoS that there is not makes a bit that no rule sets. */
export function publishBit(qos: number, retain: boolean): Permissions {
  return 1 << (FIRST_PUBLISH + 2 * qos + (retain ? 1 : 0));
}

/** The highest QoS at which something may be received. */
export function highestQos(permissions: Permissions): 0 | 1 | 2 | undefined {
  // Asked for each delivery that is judged.
  if (permissions & receiveBit(2)) return 2;
  if (permissions & receiveBit(1)) return 1;
  return permissions & receiveBit(0) ? 0 : undefined;
}

export function mayReceive(permissions: Permissions): boolean {
  return (permissions & RECEIVE) !== 0;
}

/** What is left of permissions when it comes to receiving. */
export function receiving(permissions: Permissions): Permissions {
  return permissions & RECEIVE;
}

export interface RuleBounds {
  readonly deny: boolean;
  readonly actions: readonly ChannelAction[];
  /** Allowed up to this QoS, or denied from this QoS on. */
  readonly qos?: number | undefined;
  /** Only for messages that are to be retained, or that are not. */
  readonly retain?: boolean | undefined;
}

/** What a rule allows or denies of topics. */
export function permissionsOf({ deny, actions, qos, retain }: RuleBounds): Permissions {
  const levels = QOS.filter((level) => qos === undefined || (deny ? level >= qos : level <= qos));
  const kinds = [false, true].filter((kind) => retain === undefined || kind === retain);
  let bits = 0;
  for (const level of levels) {
    if (actions.includes("subscribe")) bits |= receiveBit(level);
    if (actions.includes("publish")) for (const kind of kinds) bits |= publishBit(level, kind);
  }
  return bits;
}

/** Actions in channels, as bits. */
export function actionBits(actions: Iterable<ChannelAction>): number {
  let bits = 0;
  for (const action of actions) bits |= 1 << channelActions.indexOf(action);
  return bits;
}
