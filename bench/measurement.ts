import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Outcome } from "./load/plan.js";
import { runLoad } from "./load/process.js";
import type { Figures } from "./measure/figures.js";
import type { Peer, Start } from "./peers/peer.js";
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
    const start = { children, directory, demand, ...(await profileTo(options)) };
    const seeded = scenario.seed ? await seed(scenario.seed, peer, start) : {};
    const { server, milliseconds } = await timed(peer, start);
    const plan = scenario.plan(server, server.process.pid, terms);
    const outcome = await runLoad(children, plan, terms.warmup + terms.seconds);
    if (!scenario.seed) return outcome;
    return { ...outcome, figures: { ...seeded, ...outcome.figures, startFull: milliseconds } };
  } finally {
    // Also what did not get as far as being ready.
    await children.endAll();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Has a server keep something, and ends it. */
async function seed(plan: NonNullable<Scenario["seed"]>, peer: Peer, start: Start): Promise<Figures> {
  const { server, milliseconds } = await timed(peer, start);
  const { figures } = await runLoad(start.children, plan(server, server.process.pid), 0);
  if (!(await server.process.end())) throw new Error(`${peer.name} did not end when it was asked to`);
  return { ...figures, startEmpty: milliseconds };
}

async function timed(peer: Peer, start: Start) {
  const started = performance.now();
  const server = await peer.start(start);
  return { server, milliseconds: performance.now() - started };
}

async function profileTo({ profile }: MeasurementOptions) {
  if (!profile) return {};
  const directory = resolve(profile.directory);
  await mkdir(directory, { recursive: true });
  return { profile: { ...profile, directory } };
}
