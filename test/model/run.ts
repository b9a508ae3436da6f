import { setImmediate as nextTurn } from "node:timers/promises";
import { Client } from "./client.js";
import { Clock } from "./clock.js";
import type { Ground } from "./ground.js";
import { Judge } from "./judge.js";
import { Ledger } from "./ledger.js";
import type { Publication } from "./message.js";
import type { Plan, Step } from "./plan.js";
import { Watch } from "./watch.js";

/** What a run found, and how much there was to find it in. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly published: number;
  readonly delivered: number;
  readonly connections: number;
}

/** Sent by everyone in the end: once all of them have come everywhere, nothing older can be on its way. */
const MARKER = "/end";
const MARKERS: readonly Publication[] = [
  { topic: MARKER, qos: 0, retain: false, size: 20 },
  { topic: MARKER, qos: 1, retain: false, size: 20 },
  { topic: MARKER, qos: 2, retain: false, size: 20 },
];

let runs = 0;

/** How long, in milliseconds, a run waits for something that has to come, on a machine that has much else to do. */
const PATIENCE = 15_000;

/** Does what the plan says and judges what came of it. */
export function play(plan: Plan, ground: Ground, patience = PATIENCE): Promise<Verdict> {
  return new Run(plan, ground, patience).play();
}

class Run {
  readonly #plan: Plan;
  readonly #ground: Ground;
  readonly #clock = new Clock();
  readonly #ledger = new Ledger();
  readonly #watch: Watch;
  readonly #faults: string[] = [];
  readonly #prefix: string;
  readonly #clients: Client[];

  constructor(plan: Plan, ground: Ground, patience: number) {
    this.#watch = new Watch(patience);
    this.#plan = plan;
    this.#ground = ground;
    // A run of the same plan must not meet what an earlier one left in the server.
    this.#prefix = `m${plan.seed}-${++runs}`;
    this.#clients = plan.windows.map((window, i) => this.#client(`c${i}`, window));
  }

  async play(): Promise<Verdict> {
    try {
      for (const step of this.#plan.steps) await this.#do(step);
      await this.#finish();
    } catch (error) {
      this.#faults.push((error as Error).message);
    }
    const sessions = this.#clients.flatMap((client) => client.sessions);
    this.#faults.push(...new Judge(this.#ledger, this.#clock, sessions).faults());
    for (const client of this.#clients) client.cut();
    return {
      faults: this.#faults,
      published: this.#ledger.messages.size,
      delivered: sessions.reduce((sum, { arrivals }) => sum + arrivals.length, 0),
      connections: sessions.reduce((sum, { attachments }) => sum + attachments.length, 0),
    };
  }

  #client(name: string, window: number): Client {
    return new Client({
      id: `${this.#prefix}-${name}`,
      prefix: this.#prefix,
      window,
      maxInflight: this.#ground.limits.maxInflight,
      server: () => this.#ground.server,
      clock: this.#clock,
      ledger: this.#ledger,
      watch: this.#watch,
      faults: this.#faults,
    });
  }

  async #do(step: Step): Promise<void> {
    if (step.kind === "restart") return this.#restart(step.how);
    if (step.kind === "turns") {
      for (let i = 0; i < step.count; i++) await nextTurn();
      return;
    }
    const client = this.#clients[step.client];
    if (client) await act(client, step);
  }

  async #restart(how: "stop" | "kill"): Promise<void> {
    const gone = this.#clients.map((client) => client.serverGoes());
    await this.#ground.end(how);
    await Promise.all(gone);
    if (how === "kill") {
      this.#ledger.crashed();
      for (const client of this.#clients) client.serverCrashed();
    }
    await this.#ground.startAgain();
  }

  /** Brings everybody back, lets everything come, and proves that nothing is on its way any more. */
  async #finish(): Promise<void> {
    const clients = this.#clients;
    for (const client of clients) {
      client.read();
      client.answerAtOnce();
      if (!client.connected) await client.connect(client.clean, false);
    }
    await this.#settled();
    const inspector = this.#client("inspector", 1);
    clients.push(inspector);
    await inspector.connect(true, false);
    inspector.subscribe([{ filter: "/r/#", qos: 2 }]);
    for (const client of clients) client.subscribe([{ filter: MARKER, qos: 2 }]);
    await this.#settled();
    for (const client of clients) client.publish(MARKERS);
    await this.#settled();
    await this.#complete();
    await this.#settled();
    await Promise.all(clients.map((client) => client.superseded()));
  }

  /** Waits for the end of all acknowledgements, and then until the server has taken what needs none. */
  async #settled(): Promise<void> {
    const unfinished = () =>
      this.#clients.flatMap((client) => client.unfinished.map((what) => `${client.id}: ${what}`));
    await this.#watch.until(
      () => unfinished().length === 0,
      () => unfinished().join("; "),
    );
    await Promise.all(this.#clients.map((client) => client.ping()));
  }

  async #complete(): Promise<void> {
    const sessions = this.#clients.flatMap((client) => client.sessions);
    const due = new Judge(this.#ledger, this.#clock, sessions).due();
    const missing = () => due.filter((one) => !one.met());
    await this.#watch.until(
      () => missing().length === 0,
      () =>
        missing()
          .map(({ what }) => what)
          .join("; "),
    );
  }
}

type ClientStep = Extract<Step, { client: number }>;

async function act(client: Client, step: ClientStep): Promise<void> {
  switch (step.kind) {
    case "connect":
      return client.connect(step.clean, step.ws);
    case "disconnect":
      return client.disconnect();
    case "cut":
    case "cut mid-packet":
      return client.cut(step.kind === "cut mid-packet");
    case "stop reading":
      return client.stopReading();
    case "read":
      return client.read();
    case "ping":
      return client.ping();
    case "hold answers":
      return client.holdAnswers();
    case "answer at once":
      return client.answerAtOnce();
    case "answer":
      return client.answer(step.count, step.newestFirst);
    case "subscribe":
      return client.subscribe(step.subscriptions);
    case "unsubscribe":
      return client.unsubscribe(step.filter);
    case "publish":
      client.publish(step.messages);
  }
}
