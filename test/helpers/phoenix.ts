import { type RunningServer, startServer } from "./server.js";
import type { Teardown } from "./teardown.js";

/** A server that comes back as it went: on its ports and with its data. */
export class Phoenix {
  readonly #t: Teardown;
  readonly #config: object;
  #server: RunningServer | undefined;

  constructor(t: Teardown, config: object) {
    this.#t = t;
    this.#config = config;
  }

  /** Starts it, the first time on free ports. */
  async rise(): Promise<this> {
    const before = this.#server;
    const again = before && {
      data: before.data,
      args: ["--http", String(before.addresses.http), "--mqtt", String(before.addresses.mqtt)],
    };
    this.#server = await startServer(this.#t, { config: this.#config, ...again });
    return this;
  }

  get server(): RunningServer {
    if (!this.#server) throw new Error("it has not risen yet");
    return this.#server;
  }

  /** Of the channel protocol. */
  get url(): string {
    return `ws://${this.server.addresses.http}/connection/websocket`;
  }
}
