import { ConfigError, formatFaults } from "../../config/fault.js";
import { StoreError } from "../../storage/store.js";
import { Failure, reportFailure } from "../failure.js";

/** EX_CONFIG of sysexits.h. */
const BAD_CONFIGURATION = 78;

/** Runs a command's work: what is wrong with the store or the configuration is told without a stack. */
export function report(command: string, work: () => Promise<number>): Promise<number> {
  return reportFailure(command, async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError) throw new Failure(error.message);
      if (!(error instanceof ConfigError)) throw error;
      process.stderr.write(`${formatFaults(error.faults)}\n`);
      return BAD_CONFIGURATION;
    }
  });
}
