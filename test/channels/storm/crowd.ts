import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Teardown } from "../../helpers/teardown.js";
import type { Note } from "./crowd-process.js";

const PROCESS = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));

export interface CrowdOptions {
  /** HOST:PORT */
  readonly host: string;
  readonly count: number;
  /** Of the clients' back-off, in ms. */
  readonly minDelay: number;
  readonly maxDelay: number;
}

/** When a client came, and what it was told. */
export interface Arrival {
  /** In ms, by performance.now(). */
  readonly at: number;
  readonly wasRecovering: boolean;
  readonly recovered: boolean;
}

/** Clients of a process of their own, as many over each transport. */
export class Crowd {
  readonly count: number;
  readonly faults: string[] = [];
  /** Each client's, in order. */
  readonly arrivals: Arrival[][];
  /** Publications of each client, and the data of the last one. */
  readonly received: { count: number; last: unknown }[];
  readonly #process: ChildProcess;
  #changed = (): void => {};

  constructor(t: Teardown, { host, count, minDelay, maxDelay }: CrowdOptions) {
    this.count = count;
    this.arrivals = Array.from({ length: count }, () => []);
    this.received = Array.from({ length: count }, () => ({ count: 0, last: undefined }));
    const args = [host, count, minDelay, maxDelay].map(String);
    this.#process = fork(PROCESS, args, {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#process.on("message", (note: Note) => this.#hear(note));
    t.after(() => this.#process.kill("SIGKILL"));
  }

  /** Waits until it holds for everybody, each by number. */
  async everybody(holds: (client: number) => boolean, what: string, patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    for (;;) {
      const missing = this.arrivals.findIndex((_, client) => !holds(client));
      if (missing === -1) return;
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`client ${missing}, at least, is not ${what}; ${this.faults.slice(0, 3)}`);
      await this.#change(left);
    }
  }

  async #change(within: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#changed = resolve;
      timer = setTimeout(resolve, within);
    });
    clearTimeout(timer);
  }

  #hear(note: Note): void {
    const { client } = note;
    if (note.kind === "fault") this.faults.push(`client ${client}: ${note.text}`);
    else if (note.kind === "has") this.received[client] = note;
    else this.arrivals[client]?.push({ at: performance.now(), ...note });
    this.#changed();
  }
}
