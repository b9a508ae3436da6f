import { filterOfMqttChannel } from "../../bridge/mqtt-family.js";

/**
 * The topic filter of a channel `mqtt:FILTER`, whose rights are those to its topics: so a denial holds for every channel and every
 * subscription that its topics would come through. Undefined for other channels.
 */
export function topicsOfChannel(channel: string): string | undefined {
  const filter = filterOfMqttChannel(channel);
  if (filter === undefined) return undefined;
  return filter === "*" || filter.endsWith("/*") ? `${filter.slice(0, -1)}#` : filter;
}
