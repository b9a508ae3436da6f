import { AwayLoad } from "./away/away.js";
import { BacklogLoad } from "./backlog/backlog.js";
import { FairnessLoad } from "./fairness/fairness.js";
import { FiltersLoad } from "./filters/filters.js";
import { FrozenLoad } from "./frozen/frozen.js";
import { IdleLoad } from "./idle/idle.js";
import { LoneLoad } from "./lone/lone.js";
import { PageLoad } from "./page/page.js";
import type { Load, Plan } from "./plan.js";
import { PopulateLoad } from "./restore/populate.js";
import { RestoreLoad } from "./restore/restore.js";
import { RetainedLoad } from "./retained/retained.js";
import { SteadyLoad } from "./steady/steady.js";
import { StreamsLoad } from "./streams/streams.js";

/*
 * The load process: carries out the plan in its argument and prints what it found as one line of JSON. Publishers and subscribers share
 * it: what publishing costs is a hundredth of what receiving does, and on two cores a third busy process would only push the
 * others off theirs. It also lets the window see the subscribers' progress without a message between processes.
 */

// Whoever started this is gone.
process.stdin.once("end", () => process.exit(1)).resume();

const plan = JSON.parse(process.argv[2] ?? "") as Plan;
try {
  const load = await open(plan);
  const outcome = await load.run();
  load.close();
  process.stdout.write(`${JSON.stringify({ outcome })}\n`, () => process.exit(0));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ fault: (error as Error).message })}\n`, () => process.exit(1));
}

async function open(plan: Plan): Promise<Load> {
  switch (plan.kind) {
    case "streams":
      return StreamsLoad.open(plan);
    case "steady":
      return SteadyLoad.open(plan);
    case "idle":
      return new IdleLoad(plan);
    case "frozen":
      return FrozenLoad.open(plan);
    case "filters":
      return FiltersLoad.open(plan);
    case "fairness":
      return FairnessLoad.open(plan);
    case "retained":
      return RetainedLoad.open(plan);
    case "backlog":
      return BacklogLoad.open(plan);
    case "away":
      return AwayLoad.open(plan);
    case "lone":
      return new LoneLoad(plan);
    case "page":
      return PageLoad.open(plan);
    case "populate":
      return new PopulateLoad(plan);
    case "restore":
      return new RestoreLoad(plan);
  }
}
