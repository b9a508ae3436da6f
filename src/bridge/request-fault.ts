import type { ChannelPattern } from "./channel-pattern.js";
import type { RequestOptions } from "./options.js";
import { REQUEST_ID } from "./request-rule.js";
import { kindFault, nameFault, shapeFault } from "./template-fault.js";
import { TopicTemplate } from "./topic-template.js";

/** A mistake in a rule; `path` is that of the key within the rule. */
interface RequestFault {
  readonly path: string;
  readonly message: string;
}

/** Everything that is wrong with the two topics of a rule's requests. */
export function requestFaults(request: RequestOptions | undefined, pattern: ChannelPattern): RequestFault[] {
  if (!request) return [];
  if (pattern.captures.includes(REQUEST_ID)) {
    const message = `{${REQUEST_ID}} is what tells requests apart; give the channel's capture another name`;
    return [{ path: "channel", message }];
  }
  const faults = (["topic", "response"] as const).flatMap((key): RequestFault[] => {
    const fault = topicFault(new TopicTemplate(request[key]), pattern);
    const message = `request ${key} ${JSON.stringify(request[key])}: ${fault}`;
    return fault ? [{ path: `request.${key}`, message }] : [];
  });
  if (faults.length > 0 || request.topic !== request.response) return faults;
  const message = "request response is the same as its topic, so a command would be taken for its answer";
  return [{ path: "request.response", message }];
}

function topicFault(template: TopicTemplate, pattern: ChannelPattern): string | undefined {
  const shape = shapeFault(template);
  if (shape) return shape;
  const { captures, pieces } = template;
  const id = pieces.find((piece) => piece.kind === "capture" && piece.name === REQUEST_ID);
  if (id?.kind !== "capture")
    return `it does not hold {${REQUEST_ID}}, so it cannot be told which request an answer belongs to; add it as a level`;
  if (id.rest) return `write {${REQUEST_ID}}: it is one level`;
  const unknown = captures.find((name) => name !== REQUEST_ID && !pattern.captures.includes(name));
  if (unknown !== undefined)
    return `{${unknown}} is not in the channel's name; add it there, or write a fixed level`;
  return (
    kindFault(
      pieces.filter((piece) => piece !== id),
      pattern,
    ) ?? nameFault(template)
  );
}
