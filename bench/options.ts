import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peers as allPeers } from "./peers/index.js";
import { scenarios as allScenarios } from "./scenarios/index.js";
import type { Scenario } from "./scenarios/scenario.js";

export interface Options {
  readonly scenarios: readonly Scenario[];
  /** Peers by name, for every scenario that they can run; each scenario's own when undefined. */
  readonly peers: readonly string[] | undefined;
  /** Each scenario's own when undefined, as with the next two. */
  readonly rounds: number | undefined;
  readonly seconds: number | undefined;
  readonly window: number | undefined;
  readonly json: boolean;
  /** The file that the results are written to. */
  readonly output: string | undefined;
  readonly profile: string | undefined;
}

/** A mistake on the command line: shown in one line. */
export class UsageError extends Error {}

const RESULTS = fileURLToPath(new URL("./RESULTS.md", import.meta.url));
const MAX_ROUNDS = 20;
const MAX_SECONDS = 60;
const MAX_WINDOW = 100_000;

export function usage(): string {
  const names = allScenarios.map(({ name, work }) => `  ${name.padEnd(24)}${work}`);
  return `Measures Causeway beside other servers in one run.

Usage: npm run bench -- [SCENARIO...] [options]

Scenarios (a beginning of their names will do; all without one):
${names.join("\n")}

Options:
  --peer NAME,...   compare with these instead of each scenario's own: ${allPeers.map(({ name }) => name).join(", ")}, none
  --install         install the peers that are Debian packages first, as root or with sudo
  --rounds N        rounds, of which the median counts (3 with most scenarios)
  --seconds N       length of each measurement (4 with most scenarios)
  --window N        messages that publishers may be ahead of the slowest subscriber
  --json            print one JSON document instead of tables
  --write           write bench/RESULTS.md
  --output FILE     write the same to another file, as for some scenarios beside peers of their own
  --profile DIR     leave CPU profiles of Causeway in DIR; they slow it down
  --help            show this help
`;
}

/** The options, or undefined when only help was asked for. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const { json = false, profile } = values;
  const output = values.output ?? (values.write ? RESULTS : undefined);
  if (output !== undefined && profile !== undefined)
    throw new UsageError(
      "--write and --output go without --profile: figures that were taken under the profiler are not written down",
    );
  return {
    scenarios: chooseScenarios(positionals),
    peers: values.peer && choosePeers(values.peer),
    rounds: wholeNumber("rounds", values.rounds, MAX_ROUNDS),
    seconds: wholeNumber("seconds", values.seconds, MAX_SECONDS),
    window: wholeNumber("window", values.window, MAX_WINDOW),
    json,
    output,
    profile,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        peer: { ...text, multiple: true },
        rounds: text,
        seconds: text,
        window: text,
        profile: text,
        json: flag,
        write: flag,
        output: text,
        help: { ...flag, short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

function chooseScenarios(beginnings: readonly string[]): Scenario[] {
  for (const beginning of beginnings)
    if (!allScenarios.some(({ name }) => name.startsWith(beginning)))
      throw new UsageError(
        `there is no scenario ${JSON.stringify(beginning)}; there are ${allScenarios.map(({ name }) => name).join(", ")}. Options of npm run bench come after --`,
      );
  return allScenarios.filter(
    ({ name }) => beginnings.length === 0 || beginnings.some((text) => means(text, name)),
  );
}

/** A whole name means only itself, also when other names begin with it. */
function means(beginning: string, name: string): boolean {
  const whole = allScenarios.some((scenario) => scenario.name === beginning);
  return whole ? name === beginning : name.startsWith(beginning);
}

function choosePeers(lists: readonly string[]): string[] {
  const names = [...new Set(lists.flatMap((list) => list.split(",")))].filter((name) => name !== "none");
  const known = allPeers.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `--peer: there is no ${JSON.stringify(unknown)}; there are ${known.join(", ")} and none`,
    );
  return names;
}

function wholeNumber(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) < 1 || Number(text) > max)
    throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be a whole number from 1 to ${max}`);
  return Number(text);
}
