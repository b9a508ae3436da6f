import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { percentile } from "./percentile.js";

const PROCESS = fileURLToPath(new URL("./neighbour-process.ts", import.meta.url));
const ECHO = fileURLToPath(new URL("./echo-process.mjs", import.meta.url));
const TOPIC = "neighbour/clock";

/** What the neighbours do, and by what they are let in. */
export interface NeighbourOptions {
  readonly username?: string;
  readonly password?: string;
  /** Of the channel session. */
  readonly token?: string;
  /** The topic that they publish to. */
  readonly topic?: string;
  /** The channel that the topic feeds. */
  readonly channel?: string;
  readonly perSecond?: number;
  /** The address that they come from. */
  readonly localAddress?: string;
}

export interface Plan extends NeighbourOptions {
  readonly host: string;
  readonly port: number;
  readonly channelUrl: string;
  readonly topic: string;
  readonly channel: string;
  readonly perSecond: number;
  readonly echoPort: number;
}

export type Order = "begin" | "finish";

export interface Arrivals {
  readonly count: number;
  /** What was missing, or came twice or in the wrong order. */
  readonly fault: string | undefined;
  readonly latencies: readonly number[];
}

interface Finished {
  readonly kind: "finished";
  readonly sent: number;
  readonly mqtt: Arrivals;
  readonly channel: Arrivals;
  /** How long the same bytes took through a process that only sends them back. */
  readonly machine: readonly number[];
  readonly faults: readonly string[];
}

export type Report = { readonly kind: "ready" | "begun" } | Finished;

/** What the neighbours saw; times in ms. */
export interface Seen {
  readonly count: number;
  readonly mqtt: number;
  readonly channel: number;
  readonly longest: number;
  readonly machine: number;
  /** What was lost or went wrong. */
  readonly faults: readonly string[];
}

/** A publisher, a subscriber and a channel session that do as they always do while a test attacks. */
export class Neighbours {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(t: Teardown, server: RunningServer, options: NeighbourOptions = {}) {
    const echo = fork(ECHO);
    t.after(() => echo.kill("SIGKILL"));
    const [echoPort] = (await once(echo, "message")) as [number];
    const topic = options.topic ?? TOPIC;
    const plan: Plan = {
      perSecond: 100,
      ...options,
      ...server.mqtt,
      channelUrl: `${server.wsUrl}/connection/websocket`,
      topic,
      channel: options.channel ?? `mqtt:${topic}`,
      echoPort,
    };
    const child = fork(PROCESS, [JSON.stringify(plan)], { execArgv: ["--import", "tsx"] });
    t.after(() => child.kill("SIGKILL"));
    const neighbours = new Neighbours(child);
    await neighbours.#told("ready");
    return neighbours;
  }

  /** What is published from now on is measured. */
  async begin(): Promise<void> {
    const begun = this.#told("begun");
    this.#child.send("begin" satisfies Order);
    await begun;
  }

  /** Stops them, and tells what they saw. */
  async finish(): Promise<Seen> {
    const finished = this.#told("finished");
    this.#child.send("finish" satisfies Order);
    const { sent, mqtt, channel, machine, faults } = (await finished) as Finished;
    const missing = Object.entries({ mqtt, channel }).flatMap(([over, { count, fault }]) => [
      ...(count === sent ? [] : [`${count} of ${sent} came over ${over}`]),
      ...(fault === undefined ? [] : [`over ${over} ${fault}`]),
    ]);
    return {
      count: mqtt.latencies.length,
      mqtt: percentile(mqtt.latencies, 0.99),
      channel: percentile(channel.latencies, 0.99),
      longest: percentile([...mqtt.latencies, ...channel.latencies], 1),
      machine: percentile(machine, 0.99),
      faults: [...faults, ...missing],
    };
  }

  #told(kind: Report["kind"]): Promise<Report> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`the neighbours ended with ${code}`));
      const heard = (report: Report) => {
        if (report.kind !== kind) return;
        this.#child.off("message", heard).off("exit", ended);
        resolve(report);
      };
      this.#child.on("message", heard).on("exit", ended);
    });
  }
}
