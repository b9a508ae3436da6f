import { parseArgs } from "node:util";

/** One flag of a command: `--name VALUE`, `--name` or `-n`. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** Placeholder of the value in `--help`, as `HOST:PORT`. */
  readonly value?: string;
  readonly description: string;
}

type ValueOf<O extends Option> = O extends { type: "boolean" }
  ? boolean
  : O extends { multiple: true }
    ? string[]
    : string;

export type Values<Options extends Record<string, Option>> = {
  [Name in keyof Options]?: ValueOf<Options[Name]>;
};

/** A subcommand. `run` resolves to the process's exit code; an {@link UsageError} becomes one line and code 64. */
export interface Command<Options extends Record<string, Option> = Record<string, Option>> {
  readonly name: string;
  readonly summary: string;
  /** What follows the flags in the usage line, when the command takes positional arguments. */
  readonly positionals?: string;
  readonly options: Options;
  readonly examples?: readonly string[];
  run(values: Values<Options>, positionals: readonly string[]): Promise<number>;
}

/** A mistake on the command line: shown in one line, with no stack. */
export class UsageError extends Error {}

/** Keeps the option names' types for `run`. */
export function defineCommand<const Options extends Record<string, Option>>(
  command: Command<Options>,
): Command<Options> {
  return command;
}

/** Parses and runs; throws {@link UsageError} for a flag that the command does not have. */
export async function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  const options = {
    ...command.options,
    help: { type: "boolean" as const, short: "h", description: "Show this help." },
  };
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${command.name}: ${(error as Error).message.split(". ")[0]}`);
  }
  if (parsed.values.help) {
    process.stdout.write(helpText({ ...command, options }));
    return 0;
  }
  if (parsed.positionals.length > 0 && !command.positionals)
    throw new UsageError(`${command.name}: unexpected argument ${JSON.stringify(parsed.positionals[0])}`);
  return command.run(parsed.values as Values<Record<string, Option>>, parsed.positionals);
}

function helpText(command: Command): string {
  const rows = Object.entries(command.options).map(([name, option]): [string, string] => {
    const short = option.short ? `-${option.short}, ` : "    ";
    const value = option.type === "string" ? ` ${option.value ?? "VALUE"}` : "";
    return [`  ${short}--${name}${value}`, option.description];
  });
  const width = Math.max(...rows.map(([flag]) => flag.length)) + 2;
  const lines = [
    `${command.summary}`,
    "",
    `Usage: causeway ${command.name} [options]${command.positionals ? ` ${command.positionals}` : ""}`,
    "",
    "Options:",
    ...rows.map(([flag, description]) => flag.padEnd(width) + description),
  ];
  if (command.examples?.length)
    lines.push("", "Examples:", ...command.examples.map((example) => `  ${example}`));
  return `${lines.join("\n")}\n`;
}
