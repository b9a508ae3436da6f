import type { Readable } from "../../access/rights.js";
import type { Layer } from "./layer.js";
import { highestQos, mayReceive, type Permissions, receiveBit, receiving } from "./permission.js";

/** What the rules leave of a filter, if anything. */
export function reachOf(filter: string, layers: readonly Layer[]): Readable | undefined {
  const levels = filter.split("/");
  let left: Permissions = 0;
  for (const { set, values } of layers) {
    const isEnough = set.allowed.overlapping(levels, values, (common, permissions) => {
      const allowed = receiving(permissions);
      // One filter that denies all of what both match leaves nothing of it. Several that do so together are not looked for: then
      // nothing is received all the same, since each message is asked for.
      if (allowed & ~left) left |= allowed & ~denialsOf(common, layers);
      return (left & receiveBit(2)) !== 0;
    });
    if (isEnough) break;
  }
  const qos = highestQos(left);
  return qos === undefined ? undefined : { qos, whole: isWhole(levels, layers) };
}

function isWhole(levels: readonly string[], layers: readonly Layer[]): boolean {
  let covered: Permissions = 0;
  for (const { set, values } of layers) covered |= set.allowed.covering(levels, values);
  return mayReceive(covered) && !layers.some((layer) => deniesSome(levels, layer));
}

function denialsOf(levels: readonly string[], layers: readonly Layer[]): Permissions {
  let denied: Permissions = 0;
  for (const { set, values } of layers) denied |= set.denied.covering(levels, values);
  return denied;
}

/** Whether something that the filter matches is not to be received at any QoS. */
function deniesSome(levels: readonly string[], { set, values }: Layer): boolean {
  return set.denied.overlapping(levels, values, (_, permissions) => (permissions & receiveBit(0)) !== 0);
}
