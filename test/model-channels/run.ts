import { setImmediate as nextTurn } from "node:timers/promises";
import type { Actor } from "./actor.js";
import { type Ground, memoryGround, socketGround } from "./ground.js";
import type { Act, ClientPlan, Plan, Step } from "./plan.js";
import { RawMap } from "./raw-map.js";
import { RawStream } from "./raw-stream.js";
import { ReferenceActor } from "./reference-actor.js";
import { Truth } from "./truth.js";
import type { Wire } from "./wire.js";

/** What does not come so soon, in milliseconds, is taken for missing. */
const PATIENCE = 8_000;

export interface Verdict {
  readonly faults: readonly string[];
  readonly published: number;
  readonly connections: number;
  readonly recoveries: number;
}

/** Plays a plan against a server of its own. */
export async function play(plan: Plan, patience = PATIENCE): Promise<Verdict> {
  const ground = plan.sockets ? await socketGround(plan) : memoryGround(plan);
  ground.bus.beforeRetained = () => turns(plan.retainedTurns);
  try {
    const run = new Run(plan, ground, patience);
    await run.all();
    return run.verdict;
  } finally {
    await ground.close();
  }
}

class Run {
  readonly #plan: Plan;
  readonly #ground: Ground;
  readonly #patience: number;
  readonly #truth: Truth;
  readonly #actors: readonly Actor[];
  readonly #faults: string[] = [];
  readonly #filler: string;
  #published = 0;

  constructor(plan: Plan, ground: Ground, patience: number) {
    this.#plan = plan;
    this.#ground = ground;
    this.#patience = patience;
    this.#truth = new Truth(plan.world);
    this.#filler = "x".repeat(plan.filler);
    this.#actors = plan.clients.map((client, i) => this.#actor(client, `c${i}`));
  }

  get verdict(): Verdict {
    return {
      faults: this.#faults,
      published: this.#published,
      connections: sum(this.#actors, ({ connections }) => connections),
      recoveries: sum(this.#actors, ({ recoveries }) => recoveries),
    };
  }

  async all(): Promise<void> {
    for (const [i, step] of this.#plan.steps.entries()) {
      if (this.#faults.length > 0) break;
      await this.#step(step, i + 1);
    }
    for (const actor of this.#actors) actor.end();
    await this.#leftovers();
  }

  #actor(client: ClientPlan, name: string): Actor {
    const open = (): Wire => this.#ground.open();
    const fault = (text: string): void => void this.#faults.push(`${name}: ${text}`);
    const { world } = this.#plan;
    const hasHistory = world.history > 0 && !world.isPaced;
    if (client.reference) return new ReferenceActor(open, client, this.#truth, world, fault);
    if (client.type === "map") return new RawMap(open, client, this.#truth, world.isPaced, fault);
    return new RawStream(open, client, this.#truth, hasHistory, fault);
  }

  async #step(step: Step, number: number): Promise<void> {
    switch (step.kind) {
      case "publish":
        this.#publish(step.topic, step.n, step.retain);
        break;
      case "clear":
        this.#publish(step.topic, 0, true);
        break;
      case "turns":
        await turns(step.count);
        break;
      case "settle":
        await this.#settle(number);
        break;
      default:
        act(this.#actors[step.client], step.kind);
    }
  }

  #publish(topic: string, n: number, retain: boolean): void {
    this.#published++;
    this.#truth.publish(topic, n);
    this.#ground.bus.send(topic, n === 0 ? "" : JSON.stringify({ n, f: this.#filler }), { retain });
  }

  /** Everybody is to be there, and to be right, within a time. */
  async #settle(step: number): Promise<void> {
    for (const actor of this.#actors) {
      actor.read();
      actor.join();
    }
    const deadline = performance.now() + this.#patience;
    const wrong = (): string[] =>
      this.#actors.flatMap((actor, i) => (actor.wrong === undefined ? [] : [`c${i}: ${actor.wrong}`]));
    while (wrong().length > 0 && this.#faults.length === 0 && performance.now() < deadline) await nextTurn();
    this.#faults.push(...wrong().map((text) => `after step ${step}: ${text}`));
  }

  /** When all have gone the server holds nothing of them. */
  async #leftovers(): Promise<void> {
    const deadline = performance.now() + this.#patience;
    const isEmpty = (): boolean => Object.values(this.#ground.left()).every((count) => count === 0);
    while (!isEmpty() && performance.now() < deadline) await nextTurn();
    if (!isEmpty()) this.#faults.push(`left: ${JSON.stringify(this.#ground.left())}`);
    const { slow: _, ...others } = this.#ground.ended();
    if (Object.keys(others).length > 0) this.#faults.push(`sessions were ended: ${JSON.stringify(others)}`);
  }
}

function act(actor: Actor | undefined, what: Act): void {
  if (what === "stop reading") actor?.stopReading();
  else if (what === "read one message") actor?.readOne();
  else actor?.[what]();
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
