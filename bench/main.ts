import { writeFile } from "node:fs/promises";
import { Contest, WARMUP_SECONDS } from "./contest.js";
import { type Options, parseOptions, UsageError, usage } from "./options.js";
import { Children } from "./process/children.js";
import type { Document, ScenarioResult } from "./report/document.js";
import { describeMachine } from "./report/machine.js";
import { markdownOf } from "./report/markdown.js";
import { remarksOn } from "./report/remarks.js";
import { tablesOf } from "./report/table.js";

/** EX_USAGE of sysexits.h. */
const USAGE = 64;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options) return await bench(options, args);
    process.stdout.write(usage());
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    return USAGE;
  }
}

async function bench(options: Options, args: readonly string[]): Promise<number> {
  if (process.platform !== "linux") throw new UsageError("CPU time and memory are read from Linux's /proc");
  const children = new Children();
  const signal = endOnSignals(children);
  const machine = describeMachine();
  const scenarios: ScenarioResult[] = [];
  for (const scenario of options.scenarios)
    scenarios.push(await new Contest(scenario, { options, children, progress }).run());
  if (signal.code !== undefined) return signal.code;
  await report(options, {
    date: new Date().toISOString(),
    command: ["npm run bench", ...(args.length > 0 ? ["--", ...args] : [])].join(" "),
    machine,
    warmup: Math.min(WARMUP_SECONDS, options.seconds ?? WARMUP_SECONDS),
    scenarios,
    remarks: remarksOn(scenarios, options.profile !== undefined),
  });
  return scenarios.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

async function report({ json, output }: Options, document: Document): Promise<void> {
  process.stdout.write(json ? `${JSON.stringify(document, undefined, 2)}\n` : tablesOf(document));
  if (output !== undefined) await writeFile(output, markdownOf(document));
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Ends the servers and the load, with which the measurement under way ends, and so the benchmark. */
function endOnSignals(children: Children): { code?: number } {
  const received: { code?: number } = {};
  const end = (code: number) => () => {
    received.code = code;
    void children.close();
  };
  process.on("SIGINT", end(130)).on("SIGTERM", end(143));
  return received;
}
