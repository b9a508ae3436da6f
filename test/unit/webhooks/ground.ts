import { join } from "node:path";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import { type ConfigInput, schema } from "../../../src/config/schema.js";
import { streamKey } from "../../../src/storage/level/format/keys.js";
import { LevelStore } from "../../../src/storage/level/level-store.js";
import type { WebhookStats } from "../../../src/webhooks/webhook.js";
import { Webhooks } from "../../../src/webhooks/webhooks.js";
import { MemoryBus } from "../../channels/support/memory-bus.js";
import { lastFirst } from "../../helpers/teardown.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";
import { damaged, open } from "../storage/maintenance/fixture.js";
import { type Receiver, SECRET } from "./receiver.js";

type Input = Partial<NonNullable<ConfigInput["webhooks"]>[number]>;

export interface Line {
  readonly msg: string;
  readonly webhook?: string;
  readonly [key: string]: unknown;
}

/** Short times, so that a test need not wait for them. */
const QUICK = { batch: { delay: "5ms" }, retry: { min: "5ms", max: "40ms", refusals: 3 } };

/** Webhooks over a store on the disk, as often as they are started. */
export class WebhookGround {
  readonly bus = new MemoryBus();
  readonly lines: Line[] = [];
  store!: LevelStore;
  webhooks!: Webhooks;
  readonly #directory: string;
  readonly #options: readonly Input[];
  #running = false;

  private constructor(directory: string, options: readonly Input[]) {
    this.#directory = directory;
    this.#options = options;
  }

  static async start(t: TestContext, ...options: readonly Input[]): Promise<WebhookGround> {
    const scope = lastFirst(t);
    const home = await temporaryDirectory(scope, "webhooks");
    const ground = new WebhookGround(join(home, "data"), options);
    scope.after(() => ground.stop());
    await ground.start();
    return ground;
  }

  /** With other options than before, if they are given. */
  async start(options = this.#options): Promise<void> {
    this.store = new LevelStore({ directory: this.#directory });
    await this.store.open();
    const { webhooks } = schema.parse({
      webhooks: options.map((one) => ({ name: "hook", secret: SECRET, ...QUICK, ...one })),
    });
    const write = (line: string) => void this.lines.push(JSON.parse(line));
    this.webhooks = new Webhooks({
      options: webhooks,
      store: this.store,
      bus: this.bus,
      log: pino({ level: "info" }, { write }),
      version: "test",
    });
    await this.webhooks.start();
    this.#running = true;
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    await this.webhooks.close();
    await this.store.close();
  }

  stats(name = "hook"): WebhookStats {
    const stats = this.webhooks.stats().get(name);
    if (!stats) throw new Error(`no webhook ${name}`);
    return stats;
  }

  /** Tells of so many channels, `1` and on. */
  emit(count: number, from = 1): string[] {
    const channels = Array.from({ length: count }, (_, index) => `${from + index}`);
    for (const channel of channels) this.webhooks.channelOccupied(channel);
    return channels;
  }

  /** What the receiver has answered is known here a moment later. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await turn();
  }

  /** Turns a bit over in entries of the queue. To be called while it is stopped. */
  async damage(offsets: readonly number[]): Promise<void> {
    const level = await open(this.#directory);
    for (const offset of offsets) {
      const key = streamKey("webhook:hook", offset);
      const value = (await level.get(key)) ?? Buffer.alloc(1);
      await level.put(key, damaged({ key, value }).value);
    }
    await level.close();
  }

  /** Entries in the store's streams of queues, once all that was asked for is written. */
  async stored(): Promise<Record<string, number>> {
    await this.store.flush();
    const found: Record<string, number> = {};
    for await (const { name, entries } of this.store.streams()) found[name] = entries;
    return found;
  }
}

/** For channels only. */
export const channels = ({ url }: Receiver, more: Input = {}): Input => ({
  url,
  events: ["channel.occupied"],
  ...QUICK,
  ...more,
});
