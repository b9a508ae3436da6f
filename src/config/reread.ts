import type { Logger } from "pino";
import type { WatchedFiles } from "../files/watched-files.js";
import { changedKeys } from "./changed-keys.js";
import type { Config } from "./schema.js";

/** Where the configuration came from, to read it again when it changes. */
export interface Reread {
  readonly file: string;
  /** Throws when it is faulty. */
  readonly read: () => Config;
}

export interface RereadParts extends Reread {
  readonly current: Config;
  readonly files: WatchedFiles;
  /** Takes the rights of a newer configuration. False when they wait for the next start. */
  readonly takeRights: (rights: Config["rights"]) => boolean;
  readonly log: Logger;
}

/** Takes what can change while the server runs; of the rest the log says that it waits for the next start. */
export async function watchConfiguration(parts: RereadParts): Promise<void> {
  const { file, read, files, takeRights, log } = parts;
  let { current } = parts;
  const load = async () => {
    const next = read();
    const keys = changedKeys(current, next);
    const waiting = keys.filter((key) => key !== "rights" || !takeRights(next.rights));
    if (waiting.length > 0)
      log.warn({ keys: waiting }, "these keys have changed: they are taken at the next start");
    current = next;
  };
  await files.watch({ what: "configuration", names: [file], load });
}
