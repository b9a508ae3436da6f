import { topicFilterFault } from "../mqtt/topics.js";
import type { Config } from "./schema.js";
import { formatDuration } from "./units.js";

type Webhook = Config["webhooks"][number];

/** What does not go together in the webhooks. */
export function webhookFaults({ webhooks }: Config): { path: string; message: string }[] {
  return webhooks.flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const isTaken = webhooks.slice(0, index).some(({ name }) => name === webhook.name);
    return [
      ...(isTaken ? [{ path: `${path}.name`, message: `another webhook is named ${webhook.name}` }] : []),
      ...topicFaults(webhook, `${path}.topics`),
      ...pauseFaults(webhook, `${path}.retry.max`),
    ];
  });
}

function topicFaults({ events, topics }: Webhook, path: string) {
  const wants = events.includes("message");
  if (wants && topics.length === 0)
    return [{ path, message: 'missing; the event "message" needs the topic filters of the messages' }];
  if (!wants && topics.length > 0)
    return [
      { path, message: 'of no use without the event "message": add it to events, or leave topics out' },
    ];
  return topics.flatMap((filter, index) => {
    const fault = topicFilterFault(filter);
    return fault ? [{ path: `${path}[${index}]`, message: `${JSON.stringify(filter)}: ${fault}` }] : [];
  });
}

function pauseFaults({ retry: { min, max } }: Webhook, path: string) {
  if (max >= min) return [];
  return [{ path, message: `${formatDuration(max)} is shorter than retry.min (${formatDuration(min)})` }];
}
