import type { Publication, QoS } from "./message.js";

export interface Subscription {
  /** Below the topic of the run. */
  readonly filter: string;
  readonly qos: QoS;
}

/** One thing that happens in a run. A step that does not fit (to publish without a connection) does nothing. */
export type Step =
  | { readonly kind: "connect"; readonly client: number; readonly clean: boolean; readonly ws: boolean }
  | { readonly kind: "disconnect" | "cut" | "cut mid-packet"; readonly client: number }
  | { readonly kind: "stop reading" | "read" | "ping"; readonly client: number }
  | { readonly kind: "hold answers" | "answer at once"; readonly client: number }
  | {
      readonly kind: "answer";
      readonly client: number;
      readonly count: number;
      readonly newestFirst: boolean;
    }
  | { readonly kind: "subscribe"; readonly client: number; readonly subscriptions: readonly Subscription[] }
  | { readonly kind: "unsubscribe"; readonly client: number; readonly filter: string }
  | { readonly kind: "publish"; readonly client: number; readonly messages: readonly Publication[] }
  | { readonly kind: "turns"; readonly count: number }
  | { readonly kind: "restart"; readonly how: "stop" | "kill" };

export interface Plan {
  readonly seed: number;
  /** Messages that each client may have sent and not seen acknowledged. */
  readonly windows: readonly number[];
  readonly steps: readonly Step[];
}

/** The plan as a person would tell it, one step a line. */
export function describePlan({ windows, steps }: Plan): string {
  const clients = windows.map((window, i) => `c${i} with a window of ${window}`).join(", ");
  return [`clients: ${clients}`, ...steps.map((step, i) => `${i + 1}. ${describeStep(step)}`)].join("\n");
}

function describeStep(step: Step): string {
  if (step.kind === "turns") return `${step.count} turns of the event loop`;
  if (step.kind === "restart") return `${step.how} the server and start it again`;
  return `c${step.client} ${step.kind}${details(step)}`;
}

function details(step: Step): string {
  switch (step.kind) {
    case "connect":
      return ` ${step.clean ? "clean" : "kept"} over ${step.ws ? "WebSocket" : "TCP"}`;
    case "answer":
      return ` ${step.count}${step.newestFirst ? ", newest first" : ""}`;
    case "subscribe":
      return ` ${step.subscriptions.map(({ filter, qos }) => `${name(filter)} at ${qos}`).join(", ")}`;
    case "unsubscribe":
      return ` ${name(step.filter)}`;
    case "publish":
      return ` ${step.messages.map(describePublication).join(", ")}`;
    default:
      return "";
  }
}

function describePublication({ topic, qos, retain, size }: Publication): string {
  const payload = size === 0 ? " empty" : size > 100 ? ` ${size} bytes` : "";
  return `${name(topic)} at ${qos}${retain ? " retained" : ""}${payload}`;
}

function name(path: string): string {
  return path || "(the run's topic)";
}
