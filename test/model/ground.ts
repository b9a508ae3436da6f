import { type RunningServer, startServer } from "../helpers/server.js";
import type { Teardown } from "../helpers/teardown.js";

export interface Limits {
  readonly maxInflight: number;
}

/** A server for runs, which may be restarted on its data. */
export class Ground {
  readonly limits: Limits;
  readonly #teardown: Teardown;
  #server: RunningServer;

  static async open(teardown: Teardown, limits: Limits): Promise<Ground> {
    return new Ground(teardown, limits, await startServer(teardown, { config: configOf(limits) }));
  }

  private constructor(teardown: Teardown, limits: Limits, server: RunningServer) {
    this.#teardown = teardown;
    this.limits = limits;
    this.#server = server;
  }

  get server(): RunningServer {
    return this.#server;
  }

  async end(how: "stop" | "kill"): Promise<void> {
    if (how === "kill") return this.#server.kill();
    const code = await this.#server.stop();
    if (code !== 0) throw new Error(`the server ended with ${code} on SIGTERM`);
  }

  async startAgain(): Promise<void> {
    const { data } = this.#server;
    this.#server = await startServer(this.#teardown, { data, config: configOf(this.limits) });
  }
}

function configOf({ maxInflight }: Limits): object {
  return { mqtt: { maxInflight, maxConnections: 1_000 } };
}
