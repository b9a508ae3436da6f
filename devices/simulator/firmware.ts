import { parseCommand } from "./command.js";
import { createModel, type Kind } from "./kinds.js";
import type { Fields, Model, Setting } from "./model.js";
import { Random } from "./random.js";
import { numberSetting } from "./setting.js";

export type Qos = 0 | 1 | 2;

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly qos: Qos;
  readonly retain: boolean;
}

export interface FirmwareOptions {
  readonly id: string;
  readonly kind: Kind;
  readonly seed: number;
  /** Simulated time of the first boot, milliseconds since 1970. */
  readonly start: number;
  /** Milliseconds of real time between measurements. */
  readonly interval: number;
  /** Simulated seconds that pass in one real second. */
  readonly speed: number;
  /** Takes the place of every stream's own QoS. */
  readonly qos?: Qos | undefined;
}

export interface Obedience {
  readonly messages: readonly Message[];
  readonly reboot: boolean;
}

/** What runs on a device: measures, reports, obeys. No network, no clock of its own, so its output can be repeated. */
export class Firmware {
  readonly commandTopic: string;
  interval: number;
  readonly #options: FirmwareOptions;
  readonly #model: Model;
  readonly #settings: ReadonlyMap<string, Setting>;
  #time: number;
  #bootTime: number;
  #rebootAsked = false;

  constructor(options: FirmwareOptions) {
    this.#options = options;
    this.#model = createModel(options.kind, new Random(options.seed, options.id));
    this.#settings = new Map([...this.#model.settings, ...this.#ownSettings()]);
    this.#time = options.start;
    this.#bootTime = options.start;
    this.interval = options.interval;
    this.commandTopic = this.#topic("commands");
  }

  /** Retained, so that whoever subscribes later knows too; the broker publishes `false` as the will. */
  status(online: boolean): Message {
    return { topic: this.#topic("status"), payload: online ? "online" : "offline", qos: 1, retain: true };
  }

  boot(): Message {
    this.#bootTime = this.#time;
    return this.#event("boot", 1, { kind: this.#options.kind, interval: this.interval / 1000 });
  }

  /** One interval passes. */
  measure(): Message[] {
    const { telemetry, occurrences } = this.#advance(this.interval);
    const uptime = Math.round((this.#time - this.#bootTime) / 1000);
    const messages = occurrences.map(({ type, qos, fields }) => this.#event(type, qos, fields));
    return [this.#message("telemetry", 0, { ...telemetry, uptime }), ...messages];
  }

  /** Real time passes in which nothing is reported, as when the device has no connection or no power. */
  skip(milliseconds: number): void {
    if (milliseconds > 0) this.#advance(milliseconds);
  }

  obey(payload: Uint8Array, retained: boolean): Obedience {
    // A retained reboot would come again after each reboot.
    const command = retained
      ? "a retained command is not carried out; publish it without retain"
      : parseCommand(payload);
    if (typeof command === "string")
      return { messages: [this.#event("command", 1, { ok: false, error: command })], reboot: false };
    const id: Fields = command.id === undefined ? {} : { id: command.id };
    const messages = command.settings.map(([name, value]) =>
      this.#event("command", 1, { ...id, ...this.#apply(name, value) }),
    );
    const reboot = this.#rebootAsked;
    this.#rebootAsked = false;
    return { messages, reboot };
  }

  #apply(name: string, value: unknown): Fields {
    const setting = this.#settings.get(name);
    const command = name.slice(0, 64);
    if (!setting)
      return {
        command,
        ok: false,
        error: `unknown command; this device has ${[...this.#settings.keys()].join(", ")}`,
      };
    const fault = setting(value);
    if (fault) return { command, ok: false, error: `${name} ${fault}` };
    return { command, ok: true, value: value as string | number | boolean };
  }

  #ownSettings(): [string, Setting][] {
    const interval = numberSetting(0.1, 3600, (seconds) => {
      this.interval = Math.round(seconds * 1000);
    });
    const reboot = (value: unknown) => {
      if (value !== true) return "must be true";
      this.#rebootAsked = true;
      return undefined;
    };
    return [
      ["interval", interval],
      ["reboot", reboot],
    ];
  }

  #advance(milliseconds: number) {
    const simulated = milliseconds * this.#options.speed;
    this.#time += simulated;
    return this.#model.step({ time: this.#time, seconds: simulated / 1000 });
  }

  #event(type: string, qos: Qos, fields: Fields = {}): Message {
    return this.#message("events", qos, { type, ...fields });
  }

  #message(stream: string, qos: Qos, fields: Fields): Message {
    const payload = JSON.stringify({ ...fields, time: new Date(this.#time).toISOString() });
    return { topic: this.#topic(stream), payload, qos: this.#options.qos ?? qos, retain: false };
  }

  #topic(stream: string): string {
    return `devices/${this.#options.id}/${stream}`;
  }
}
