import assert from "node:assert/strict";
import type { Teardown } from "../../helpers/teardown.js";
import { publications } from "../support/heard.js";
import { RawClient } from "../support/raw-client.js";
import type { TestServer } from "../support/server.js";

const PERIOD = 5;
/** In ms. What others do must not be felt; that the machine is busy may be. */
const LONGEST_DELAY = 1_500;

/** A client that does nothing wrong, and is published to all the time. */
export class Bystander {
  readonly #server: TestServer;
  readonly #client: RawClient;
  readonly #timer: NodeJS.Timeout;
  readonly #sentAt: number[] = [];
  #longest = 0;
  #pongs = 0;

  private constructor(t: Teardown, server: TestServer, client: RawClient) {
    this.#server = server;
    this.#client = client;
    client.socket.on("message", () => {
      for (; this.#pongs < client.pings; this.#pongs++) client.command({});
      const last = publications(client, "mqtt:bystander").length;
      this.#longest = Math.max(this.#longest, performance.now() - (this.#sentAt[last - 1] ?? 0));
    });
    this.#timer = setInterval(() => this.#send(), PERIOD);
    t.after(() => clearInterval(this.#timer));
  }

  static async at(t: Teardown, server: TestServer): Promise<Bystander> {
    const client = await RawClient.connect(t, server.url);
    client.command({ id: 2, subscribe: { channel: "mqtt:bystander" } });
    await client.reply(2);
    return new Bystander(t, server, client);
  }

  /** Everything has come, in order and in time, and others get in as before. Gives the longest delay, in ms. */
  async isWell(t: Teardown): Promise<number> {
    clearInterval(this.#timer);
    this.#send();
    const count = this.#sentAt.length;
    const heard = await this.#client.until(() => {
      const all = publications(this.#client, "mqtt:bystander");
      return all.length >= count ? all : undefined;
    }, "all publications");
    assert.deepEqual(
      heard.map(({ data }) => data),
      this.#sentAt.map((_, n) => n),
    );
    assert.ok(this.#longest < LONGEST_DELAY, `one took ${Math.round(this.#longest)} ms`);
    await RawClient.connect(t, this.#server.url);
    return this.#longest;
  }

  #send(): void {
    this.#server.bus.send("bystander", String(this.#sentAt.length));
    this.#sentAt.push(performance.now());
  }
}
