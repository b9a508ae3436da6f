import type { Readable } from "../../access/rights.js";
import type { Layer } from "./layer.js";
import { highestQos, type Permissions, receiveBit, receiving } from "./permission.js";

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
  if (qos === undefined) return undefined;
  const whole = isWhole(levels, layers, 0);
  // What is not whole is asked for anyway.
  return whole && !isWhole(levels, layers, qos) ? { qos, whole, uneven: true } : { qos, whole };
}

/** Whether everything that the filter matches may be received at the QoS, as far as single rules tell. */
function isWhole(levels: readonly string[], layers: readonly Layer[], qos: number): boolean {
  const bit = receiveBit(qos);
  let covered: Permissions = 0;
  for (const { set, values } of layers) covered |= set.allowed.covering(levels, values);
  return (covered & bit) !== 0 && !layers.some((layer) => deniesSome(levels, layer, bit));
}

function denialsOf(levels: readonly string[], layers: readonly Layer[]): Permissions {
  let denied: Permissions = 0;
  for (const { set, values } of layers) denied |= set.denied.covering(levels, values);
  return denied;
}

function deniesSome(levels: readonly string[], { set, values }: Layer, bit: Permissions): boolean {
  return set.denied.overlapping(levels, values, (_, permissions) => (permissions & bit) !== 0);
}
