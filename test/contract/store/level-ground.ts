import { copyFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Level } from "level";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";
import type { Ground } from "./ground.js";

type Database = Level<Buffer, Buffer>;

export interface LogLine {
  readonly text: string;
  readonly client?: string;
  readonly topic?: string;
  readonly block?: number;
  readonly stream?: string;
  readonly offset?: number;
}

/** A directory of the embedded store. */
export class LevelGround implements Ground {
  readonly directory: string;
  /** What stores told of as errors. */
  readonly errors: LogLine[] = [];
  readonly #t: TestContext;

  private constructor(t: TestContext, directory: string) {
    this.#t = t;
    this.directory = directory;
  }

  static async create(t: TestContext): Promise<LevelGround> {
    const directory = await temporaryDirectory(t, "contract");
    return new LevelGround(t, join(directory, "data"));
  }

  create(options: { maxRetained?: number } = {}): LevelStore {
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (details: object, text: string) => this.errors.push({ ...details, text }),
    };
    // A copy of the files sees what the operating system has.
    const store = new LevelStore({ directory: this.directory, durability: "os", log, ...options });
    this.#t.after(() => store.close().catch(() => undefined));
    return store;
  }

  async crash(): Promise<LevelGround> {
    const ground = new LevelGround(this.#t, `${this.directory}+`);
    // Files may be replaced while they are copied, which is no crash.
    for (let isWhole = false; !isWhole; ) {
      await rm(ground.directory, { recursive: true, force: true });
      isWhole = await copyFiles(this.directory, ground.directory);
    }
    return ground;
  }

  async rows(): Promise<number> {
    return (await this.keys()).length - 1;
  }

  /** Keys of a store that is closed. */
  keys(): Promise<Buffer[]> {
    return this.raw((level) => level.keys().all());
  }

  /** Works on the database of a store that is closed. */
  async raw<T>(work: (level: Database) => Promise<T>): Promise<T> {
    const level: Database = new Level(this.directory, { keyEncoding: "buffer", valueEncoding: "buffer" });
    await level.open();
    try {
      return await work(level);
    } finally {
      await level.close();
    }
  }
}

/** Whether the files were the same at the end; logs may have grown. */
async function copyFiles(from: string, to: string): Promise<boolean> {
  const before = await contentsOf(from);
  await mkdir(to);
  try {
    for (const name of await readdir(from))
      if (name !== "LOCK") await copyFile(join(from, name), join(to, name));
    return (await contentsOf(from)) === before;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function contentsOf(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => !/^LO[CG]/.test(name)).sort();
  const manifests = names.filter((name) => name.startsWith("MANIFEST"));
  const sizes = await Promise.all(manifests.map(async (name) => (await stat(join(directory, name))).size));
  return [...names, ...sizes].join();
}
