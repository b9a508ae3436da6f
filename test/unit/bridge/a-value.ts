import { Value } from "../../../src/bridge/value.js";

/** A value as a message would make it; `time` in ms since 1970. */
export function aValue(topic: string, payload: string, time = 1): Value {
  return new Value({ topic, payload: Buffer.from(payload), qos: 0, retain: false }, time);
}
