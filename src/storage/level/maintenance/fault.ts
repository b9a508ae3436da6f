import { readNumber } from "../format/bytes.js";
import { Kind, readClientKey } from "../format/keys.js";
import { topicOf } from "../retained/topic-key.js";
import { isWellFormed } from "./content.js";

/** Something that is wrong with a store. */
export interface Fault {
  readonly kind: FaultKind;
  readonly clientId?: string;
  readonly topic?: string;
  readonly stream?: string;
  readonly problem: string;
  /** What is lost by it. */
  readonly loss: string;
}

export type FaultKind =
  | "log"
  | "database"
  | "version"
  | "session"
  | "subscription"
  | "queue"
  | "incoming"
  | "will"
  | "state"
  | "retained"
  | "block"
  | "stream"
  | "unknown";

const KINDS: Readonly<Record<number, FaultKind>> = {
  [Kind.version]: "version",
  [Kind.session]: "session",
  [Kind.subscription]: "subscription",
  [Kind.page]: "queue",
  [Kind.incoming]: "incoming",
  [Kind.will]: "will",
  [Kind.state]: "state",
  [Kind.retained]: "retained",
  [Kind.block]: "block",
  [Kind.stream]: "stream",
};

/** The fault of a row that has to go; whom it belongs to is told by its key as far as that can be read. */
export function rowFault(key: Buffer, problem: string): Fault {
  const kind = KINDS[key[0] ?? 0] ?? "unknown";
  if (kind === "unknown" || !isWellFormed(key)) return { kind, problem, loss: "what it was cannot be told" };
  if (kind === "retained") {
    const topic = topicOf(key);
    return { kind, topic, problem, loss: "the topic's retained message" };
  }
  if (kind === "block")
    return {
      kind,
      problem: `block ${readNumber(key, 1)}: ${problem}`,
      loss: "messages in the queues of several clients, which are named one by one",
    };
  const { clientId, suffix } = readClientKey(key);
  if (kind === "stream")
    return { kind, stream: clientId, problem, loss: `entry ${readNumber(suffix, 0)} of the stream` };
  const topic = kind === "subscription" ? { topic: suffix.toString() } : {};
  return { kind, clientId, ...topic, problem, loss: lossOf(kind, suffix) };
}

/** What a row is, in a few words. */
export function keyText(key: Buffer): string {
  const { kind, clientId, topic, stream } = rowFault(key, "");
  const names = [clientId, topic, stream].filter((name) => name !== undefined);
  return [
    kind,
    ...names.map((name) => JSON.stringify(name.length > 50 ? `${name.slice(0, 50)}…` : name)),
  ].join(" ");
}

function lossOf(kind: FaultKind, suffix: Buffer): string {
  switch (kind) {
    case "session":
      return "since when the client is away; its subscriptions and its queue are other rows";
    case "subscription":
      return "the subscription: the client gets nothing by it until it subscribes again";
    case "queue":
      return `messages that waited for the client, from number ${readNumber(suffix, 0)} on`;
    case "incoming":
      return `that QoS 2 message ${suffix.readUInt16BE(0)} had come: it is published twice if the client sends it again`;
    case "will":
      return "the client's will: it is not published";
    default:
      return "how far the client has got in its queue: it may be sent again what it has had";
  }
}
