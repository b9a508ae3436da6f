import type { WatchedFiles } from "../../files/watched-files.js";
import { type Pair, readPair } from "./pair.js";
import type { PairFiles } from "./sections.js";

/** A certificate and its key, read again when the files change. */
export class WatchedPair {
  /** The configuration key of the certificate, such as `tls.cert`. */
  readonly key: string;
  readonly files: PairFiles;
  #pair: Pair | undefined;

  private constructor(key: string, files: PairFiles) {
    this.key = key;
    this.files = files;
  }

  /** Rejects when the files cannot be taken now. `onChange` is called when they hold something else, the first time included. */
  static async open(
    key: string,
    files: PairFiles,
    watchedFiles: WatchedFiles,
    onChange: () => void,
  ): Promise<WatchedPair> {
    const watched = new WatchedPair(key, files);
    await watchedFiles.watch({
      what: `certificate (${key})`,
      names: [files.cert, files.key],
      load: async () => {
        const pair = await readPair(files);
        const { cert, key: privateKey } = watched.#pair ?? {};
        watched.#pair = pair;
        // What is the same ends nobody's session of TLS.
        if (cert !== pair.cert || privateKey !== pair.key) onChange();
      },
    });
    return watched;
  }

  get current(): Pair {
    if (!this.#pair) throw new Error(`${this.key} is not read yet`);
    return this.#pair;
  }
}
