/** The built-in family: every topic filter is a channel, as `mqtt:sensors/#`. */
export const MQTT_PREFIX = "mqtt:";

/** The topic filter of a channel of the built-in family, or undefined when it is none of them. */
export function filterOfMqttChannel(channel: string): string | undefined {
  return channel.startsWith(MQTT_PREFIX) ? channel.slice(MQTT_PREFIX.length) : undefined;
}
