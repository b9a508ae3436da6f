#!/usr/bin/env node
import { onOutputError } from "./cli/failure.js";
import { runCli } from "./cli/index.js";

/** EX_SOFTWARE of sysexits.h: a fault of the program, not of its user. */
const INTERNAL_FAULT = 70;
const FAILED = 1;

onOutputError(
  process.stdout,
  () => undefined,
  ({ message }) => {
    // A command that has more to end than the process sees to it itself.
    if (process.stdout.listenerCount("error") > 1) return;
    process.stderr.write(`causeway: ${message}\n`);
    process.exit(FAILED);
  },
);

try {
  process.exitCode = await runCli(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `causeway: unexpected fault: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = INTERNAL_FAULT;
}
