import { version } from "../version.js";
import { cert } from "./cert.js";
import { checkConfig } from "./check-config.js";
import { type Command, runCommand, UsageError } from "./command.js";
import { pub } from "./pub.js";
import { serve } from "./serve.js";
import { simulate } from "./simulate.js";
import { sub } from "./sub.js";

/** EX_USAGE of sysexits.h. */
const BAD_USAGE = 64;

const commands = [serve, pub, sub, simulate, checkConfig, cert] as unknown as readonly Command[];

/** Runs the command that the arguments name; resolves to the process's exit code. */
export async function runCli([name, ...argv]: readonly string[]): Promise<number> {
  if (name === "--version" || name === "-V") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(overview());
    return name === undefined ? BAD_USAGE : 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  try {
    if (!command) throw new UsageError(`unknown command ${JSON.stringify(name)}; causeway --help lists them`);
    return await runCommand(command, argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`causeway: ${error.message}\n`);
    return BAD_USAGE;
  }
}

function overview(): string {
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
