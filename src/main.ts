#!/usr/bin/env node
import { runCli } from "./cli/index.js";

/** EX_SOFTWARE of sysexits.h: a fault of the program, not of its user. */
const INTERNAL_FAULT = 70;

try {
  process.exitCode = await runCli(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `causeway: unexpected fault: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = INTERNAL_FAULT;
}
