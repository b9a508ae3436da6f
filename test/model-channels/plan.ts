import { Random } from "../model/random.js";
import { type World, worldOf } from "./world.js";

export interface ClientPlan {
  readonly type: "map" | "stream";
  readonly channel: string;
  /** Topics of a map in one page. */
  readonly limit: number;
  /** Played by the `centrifuge` package. */
  readonly reference: boolean;
  /** Wants only the topics that end so; empty for all. */
  readonly tail: string;
  /** Wants values as what has changed; only the package can read that. */
  readonly delta: boolean;
}

/** What a client does. */
export type Act = "cut" | "leave" | "join" | "stop reading" | "read one message" | "read";

/** One thing that happens. What does not fit does nothing. */
export type Step =
  | { readonly kind: "publish"; readonly topic: string; readonly n: number; readonly retain: boolean }
  | { readonly kind: "clear"; readonly topic: string }
  | { readonly kind: Act; readonly client: number }
  | { readonly kind: "turns"; readonly count: number }
  | { readonly kind: "settle" };

export interface Plan {
  readonly seed: number;
  readonly world: World;
  readonly clients: readonly ClientPlan[];
  /** Bytes that go with every value. */
  readonly filler: number;
  /** How long an idle channel stays, in ms. */
  readonly linger: number;
  /** Turns of the event loop that reading retained messages takes. */
  readonly retainedTurns: number;
  /** Over WebSockets. */
  readonly sockets: boolean;
  readonly steps: readonly Step[];
}

/** How often what happens, when clients are well and when they hardly read. */
const WELL = {
  publish: 50,
  clear: 8,
  turns: 25,
  cut: 6,
  leave: 2,
  join: 4,
  "stop reading": 3,
  "read one message": 4,
  read: 4,
};
const SLOW = {
  publish: 60,
  clear: 5,
  turns: 25,
  cut: 6,
  leave: 4,
  join: 6,
  "stop reading": 8,
  "read one message": 25,
  read: 2,
};

export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const world = worldOf(random);
  const channels = [...world.channels.keys()];
  const reference = random.chance(0.15);
  const clients = Array.from({ length: random.between(2, 5) }, () => clientOf(random, channels, reference));
  return {
    seed,
    world,
    clients,
    filler: random.oneOf([0, 0, 9_000, 30_000]),
    linger: random.oneOf([0, 60_000]),
    sockets: random.chance(0.1),
    retainedTurns: random.oneOf([0, 1, 5]),
    steps: stepsOf(random, world, clients.length),
  };
}

function clientOf(random: Random, channels: readonly string[], mayBeReference: boolean): ClientPlan {
  const reference = mayBeReference && random.chance(0.7);
  const tail = random.chance(0.2) ? "1" : "";
  return {
    type: random.chance(0.6) ? "map" : "stream",
    channel: random.oneOf(channels),
    limit: random.oneOf([1, 2, 3, 100]),
    reference,
    tail,
    delta: reference && tail === "" && random.chance(0.5),
  };
}

function stepsOf(random: Random, { topics, kind }: World, clients: number): Step[] {
  const steps: Step[] = [];
  const weights = random.chance(0.5) ? WELL : SLOW;
  let n = 0;
  const one = (): Step => {
    const client = random.between(0, clients - 1);
    const what = random.weighted(weights);
    if (what === "publish")
      // Of a channel that may close, only what is retained is there again when it is opened.
      return {
        kind: what,
        topic: random.oneOf(topics),
        n: ++n,
        retain: kind === "mqtt" || random.chance(0.5),
      };
    if (what === "clear") return { kind: what, topic: random.oneOf(topics) };
    if (what === "turns") return { kind: what, count: random.between(1, 6) };
    return { kind: what, client };
  };
  for (let phases = random.between(1, 3); phases > 0; phases--) {
    for (let count = random.between(20, 80); count > 0; count--) steps.push(one());
    steps.push({ kind: "settle" });
  }
  return steps;
}

/** The plan as a person would tell it, one step a line. */
export function describePlan({
  world,
  clients,
  filler,
  linger,
  retainedTurns,
  sockets,
  steps,
}: Plan): string {
  const { kind, maxTopics, rules } = world;
  const about = { kind, maxTopics, rules, filler, linger, retainedTurns, sockets };
  return [
    JSON.stringify(about),
    ...clients.map((client, i) => `c${i}: ${JSON.stringify(client)}`),
    ...steps.map((step, i) => `${i + 1}. ${describeStep(step)}`),
  ].join("\n");
}

function describeStep(step: Step): string {
  switch (step.kind) {
    case "publish":
      return `publish ${step.n} to ${step.topic}${step.retain ? ", retained" : ""}`;
    case "clear":
      return `clear ${step.topic}`;
    case "turns":
      return `${step.count} turns`;
    case "settle":
      return "settle";
    default:
      return `c${step.client} ${step.kind}`;
  }
}
