import type { Principal } from "../../access/principal.js";
import type { Rights } from "../../access/rights.js";

/**
 * What a signed URL gives leave for, and nothing else, whatever else its user may do and also where there are no rules. What
 * rules deny stays denied. It opens one channel at one door, so that the topics behind it are all there is to ask for.
 */
export function withinUrl({ stated }: Principal, rules: Rights | undefined): Rights {
  const actions = stated?.channels ?? new Map<string, ReadonlySet<string>>();
  const maySend = [...actions.values()].some((allowed) => allowed.has("publish"));
  return {
    mayPublish: (topic, qos, retain) => maySend && (rules?.mayPublish(topic, qos, retain) ?? true),
    readable: (filter) => (rules ? rules.readable(filter) : { qos: 2, whole: true }),
    receiveQos: (topic) => (rules ? rules.receiveQos(topic) : 2),
    mayReceive: (topic) => rules?.mayReceive(topic) ?? true,
    channel: (name, action) =>
      actions.get(name)?.has(action) === true && rules?.channel(name, action) !== false,
  };
}
