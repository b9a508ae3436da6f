import { version } from "../version.js";
import { aclCommands } from "./acl/index.js";
import { cert } from "./cert.js";
import { checkConfig } from "./check-config.js";
import { type Command, runCommand, UsageError } from "./command.js";
import { keyCommands } from "./key/index.js";
import { passwd } from "./passwd.js";
import { pub } from "./pub.js";
import { serve } from "./serve.js";
import { signUrl } from "./sign-url.js";
import { simulate } from "./simulate.js";
import { storeCommands } from "./store/index.js";
import { sub } from "./sub.js";
import { token } from "./token.js";

/** EX_USAGE of sysexits.h. */
const BAD_USAGE = 64;

/** What only one of them needs is imported when it runs, so that the others start sooner. */
const commands = [
  serve,
  pub,
  sub,
  simulate,
  checkConfig,
  cert,
  passwd,
  token,
  ...keyCommands,
  signUrl,
  ...storeCommands,
  ...aclCommands,
] as unknown as readonly Command[];

/** Runs the command that the arguments name; resolves to the process's exit code. */
export async function runCli([name, ...argv]: readonly string[]): Promise<number> {
  if (name === "--version" || name === "-V") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(overview(commands));
    return name === undefined ? BAD_USAGE : 0;
  }
  try {
    const group = commands.filter((command) => command.name.startsWith(`${name} `));
    return await (group.length > 0 ? runOneOf(group, name, argv) : runCommand(find(commands, name), argv));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`causeway: ${error.message}\n`);
    return BAD_USAGE;
  }
}

/** The first argument names one of a group of commands, as `store check`. */
async function runOneOf(group: readonly Command[], name: string, [second, ...argv]: readonly string[]) {
  if (second !== undefined && second !== "--help" && second !== "-h")
    return runCommand(find(group, `${name} ${second}`), argv);
  process.stdout.write(overview(group));
  return second === undefined ? BAD_USAGE : 0;
}

function find(among: readonly Command[], name: string): Command {
  const command = among.find((candidate) => candidate.name === name);
  if (!command) throw new UsageError(`unknown command ${JSON.stringify(name)}; causeway --help lists them`);
  return command;
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  return [
    `Causeway ${version}: an MQTT broker with a WebSocket bridge.`,
    "",
    "Usage: causeway COMMAND [options]",
    "",
    "Commands:",
    ...commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
    "",
    "causeway COMMAND --help tells more about one.",
    "",
  ].join("\n");
}
