import { setTimeout as pause } from "node:timers/promises";
import { Phoenix } from "../../helpers/phoenix.js";
import type { Teardown } from "../../helpers/teardown.js";
import { Random } from "../../model/random.js";
import { Gun } from "./gun.js";
import { Ledger } from "./ledger.js";
import { Target } from "./target.js";

/** What is missing after so long, in ms, does not come. */
const PATIENCE = 20_000;
/** How often each client has to come back, at least. */
const COMEBACKS = 3;

export interface FirePlan {
  readonly seed: number;
  /** Messages per second, and for how long, in ms. */
  readonly rate: number;
  readonly duration: number;
  readonly targets: number;
  /** Publications that can be recovered. */
  readonly history: number;
  /** The history is kept in the store, and the server killed so often meanwhile. */
  readonly kills?: number;
}

export interface FireReport {
  readonly faults: readonly string[];
  readonly sent: number;
  readonly cuts: number;
  readonly recovered: number;
  readonly unrecovered: number;
}

/** Publishes while clients are cut off at random moments; reports what was not as they were told. */
export async function underFire(t: Teardown, plan: FirePlan): Promise<FireReport> {
  const { seed, rate, duration, history, kills = 0 } = plan;
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(text);
  const keeps = { size: history, persist: kills > 0 };
  const rules = [{ channel: "fire", topics: ["fire/#"], history: keeps }];
  const phoenix = await new Phoenix(t, { bridge: { channels: rules } }).rise();
  const ledger = new Ledger(fault);
  const targets = Array.from(
    { length: plan.targets },
    (_, i) => new Target(t, phoenix.url, `c${i}`, ledger, fault),
  );
  await Promise.all(targets.map((target) => target.begin()));
  const guns = ["left", "right"].map((name) => new Gun(t, name, rate / 2));
  await Promise.all(guns.map((gun) => gun.fire(phoenix.server)));
  const until = performance.now() + duration;
  await Promise.all([
    ...targets.map((target, i) => target.suffer(new Random(seed * 1_000 + i), until, COMEBACKS)),
    strike(phoenix, guns, kills, duration / (kills + 1)),
    pause(duration),
  ]);
  for (const gun of guns) gun.cease();
  await Promise.all(guns.map((gun) => gun.silent()));
  await settle(targets, fault);
  ledger.check(kills > 0);
  if (targets.every(({ unrecovered }) => unrecovered === 0))
    for (const { name, sent } of guns)
      if (ledger.numbers(name).size !== sent)
        fault(`${ledger.numbers(name).size} of ${sent} of ${name} were told`);
  for (const target of targets) target.end();
  const sum = (value: (target: Target) => number): number =>
    targets.reduce((total, target) => total + value(target), 0);
  return {
    faults,
    sent: guns.reduce((total, { sent }) => total + sent, 0),
    cuts: sum(({ cuts }) => cuts),
    recovered: sum(({ recovered }) => recovered),
    unrecovered: sum(({ unrecovered }) => unrecovered),
  };
}

/** Kills the server now and then, and starts it again. */
async function strike(phoenix: Phoenix, guns: readonly Gun[], kills: number, period: number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await pause(period);
    await phoenix.server.kill();
    await phoenix.rise();
    await Promise.all(guns.map((gun) => gun.fire(phoenix.server)));
  }
}

/** Everybody gets to the last publication. */
async function settle(targets: readonly Target[], fault: (text: string) => void): Promise<void> {
  const top = (await targets[0]?.top()) ?? 0;
  const deadline = performance.now() + PATIENCE;
  const late = (): Target[] => targets.filter(({ offset }) => offset !== top);
  while (late().length > 0 && performance.now() < deadline) await pause(10);
  for (const { offset } of late()) fault(`one has got to ${offset} of ${top}`);
}
