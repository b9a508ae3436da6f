import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Outcome } from "./load/plan.js";
import { runLoad } from "./load/process.js";
import type { Peer } from "./peers/peer.js";
import type { Children } from "./process/children.js";
import type { Scenario, Terms } from "./scenarios/scenario.js";

export interface MeasurementOptions {
  readonly children: Children;
  readonly terms: Terms;
  /** Directory and name of a CPU profile of the server. */
  readonly profile: { readonly directory: string; readonly name: string } | undefined;
}

/** One round: a fresh server and a fresh load, in processes of their own. */
export async function measure(scenario: Scenario, peer: Peer, options: MeasurementOptions): Promise<Outcome> {
  const { children, terms } = options;
  const { demand } = scenario;
  const directory = await mkdtemp(join(tmpdir(), "causeway-bench-"));
  try {
    const server = await peer.start({ children, directory, demand, ...(await profileTo(options)) });
    const plan = scenario.plan(server, server.process.pid, terms);
    return await runLoad(children, plan, terms.warmup + terms.seconds);
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
