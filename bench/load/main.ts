import { Generator } from "./generator.js";
import type { Plan } from "./plan.js";

/*
 * The load process: carries out the plan in its argument and prints what it found as one line of JSON. Publisher and subscribers share
 * it: what publishing costs is a hundredth of what receiving does, and on two cores a third busy process would only push the
 * others off theirs. It also lets the window see the subscribers' progress without a message between processes.
 */

// Whoever started this is gone.
process.stdin.once("end", () => process.exit(1)).resume();

const plan = JSON.parse(process.argv[2] ?? "") as Plan;
try {
  const generator = await Generator.open(plan);
  const outcome = await generator.run();
  generator.close();
  process.stdout.write(`${JSON.stringify({ outcome })}\n`, () => process.exit(0));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ fault: (error as Error).message })}\n`, () => process.exit(1));
}
