import type { Level } from "level";
import { StoreError } from "../store.js";
import type { StoreLog } from "./damage.js";
import { versionKey } from "./format/keys.js";
import { migrate } from "./migration.js";

/** Version of the layout in format/. A directory with a higher one is refused. */
export const FORMAT = 2;
export const FORMAT_ROW = Buffer.from(String(FORMAT));

/** Brings an older database up to date. @throws {StoreError} when it is of a newer version. */
export async function checkFormat(
  level: Level<Buffer, Buffer>,
  directory: string,
  log: StoreLog | undefined,
): Promise<void> {
  await migrate(level, log);
  const found = await level.get(versionKey);
  if (!found) return level.put(versionKey, FORMAT_ROW, { sync: true });
  const version = Number(found.toString());
  if (version === FORMAT) return;
  throw new StoreError(
    `the data directory ${directory} has format ${found}, and this version of Causeway reads up to ${FORMAT}: ` +
      "run the version that wrote it or a newer one, or name another directory with --data",
  );
}
