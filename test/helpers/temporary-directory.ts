import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Teardown } from "./teardown.js";

/**
 * For the time of a test. Teardowns run in the order in which they were registered, so whoever works in it may end only after it began
 * to be removed: what it still writes is removed in another try.
 */
export async function temporaryDirectory(t: Teardown, name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `causeway-${name}-`));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}
