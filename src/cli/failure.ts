/** Something outside the program that stops a command: told in one line that says what to do, with exit code 1. */
export class Failure extends Error {}

/** What Node says of a file, without the path that it ends with: `ENOENT: no such file or directory`. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.split(",")[0] ?? "";
}

/** Runs a command's work; a {@link Failure} becomes its one line on standard error. */
export async function reportFailure(command: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`causeway: ${command}: ${error.message}\n`);
    return 1;
  }
}

/** Whoever reads the output may go before the end, as `head` does: no fault, only nothing more to write. */
export function onOutputError(
  output: NodeJS.WritableStream,
  closed: () => void,
  failed: (failure: Failure) => void,
) {
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") closed();
    else failed(new Failure(`cannot write the output: ${error.message}`));
  });
}
