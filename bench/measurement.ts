import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Plan } from "./load/plan.js";
import { runLoad } from "./load/process.js";
import type { Peer } from "./peers/peer.js";
import type { Children } from "./process/children.js";
import { type Round, roundOf } from "./report/figures.js";
import type { Scenario } from "./scenarios/scenario.js";

export interface MeasurementOptions {
  readonly children: Children;
  readonly seconds: number;
  readonly warmup: number;
  /** Directory and name of a CPU profile of the server. */
  readonly profile: { readonly directory: string; readonly name: string } | undefined;
}

/** One round: a fresh server and a fresh load, in processes of their own. */
export async function measure(scenario: Scenario, peer: Peer, options: MeasurementOptions): Promise<Round> {
  const { children, seconds, warmup } = options;
  const directory = await mkdtemp(join(tmpdir(), "causeway-bench-"));
  try {
    const server = await peer.start({ children, directory, ...(await profileTo(options)) });
    const subscribers = server.subscribers[scenario.entry];
    if (!subscribers) throw new Error(`${peer.name} has no way in for ${scenario.title}`);
    const { subscriberCount, payloadBytes, window } = scenario;
    const { publisher } = server;
    const { pid: serverPid } = server.process;
    const work = { subscriberCount, payloadBytes, window, topic: "bench/fan-out", warmup, seconds };
    const plan: Plan = { ...work, publisher, subscribers, serverPid };
    return roundOf(plan, await runLoad(children, plan));
  } finally {
    // Also what did not get as far as being ready.
    await children.endAll();
    await rm(directory, { recursive: true, force: true });
  }
}

async function profileTo({ profile }: MeasurementOptions) {
  if (!profile) return {};
  const directory = resolve(profile.directory);
  await mkdir(directory, { recursive: true });
  return { profile: { ...profile, directory } };
}
