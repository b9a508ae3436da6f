import { alarm, event, type Model, type Observation, type Occurrence, type Step } from "./model.js";
import { clamp, round, settle } from "./physics.js";
import type { Random } from "./random.js";
import { numberSetting, overrideSetting } from "./setting.js";

const RATED_RPM = 2900;
const START_LEVEL = 80; // percent of the tank
const STOP_LEVEL = 20;
const VIBRATION_LIMIT = 7.1; // mm/s, where ISO 10816 calls a machine of this size unfit
const HOURS = 3600;

/** A pump that empties a tank. Its bearing wears with every turn, shakes more, and is changed after the alarm. */
export class Pump implements Model {
  readonly settings = new Map([
    ["relay", overrideSetting((on) => this.#setOverride(on))],
    ["rpm", numberSetting(500, 3600, (value) => this.#setRpm(value))],
  ]);
  readonly #random: Random;
  readonly #inflow: number;
  readonly #wearPerHour: number;
  #override: boolean | undefined;
  #targetRpm = RATED_RPM;
  #running = false;
  #rpm = 0;
  #level: number;
  #temperature = 22;
  #wear: number;
  #worn = false;

  constructor(random: Random) {
    this.#random = random;
    this.#inflow = random.between(1, 2.5); // percent of the tank a minute
    this.#wearPerHour = random.between(0.02, 0.2);
    this.#level = random.between(60, START_LEVEL + 5);
    this.#wear = random.between(0, 0.8);
  }

  step({ seconds }: Step): Observation {
    const occurrences = this.#control();
    this.#rpm = settle(this.#rpm, this.#running ? this.#targetRpm : 0, seconds, this.#running ? 3 : 8);
    const turning = this.#rpm / RATED_RPM;
    const outflow = this.#level > 0 ? 4 * turning : 0;
    this.#level = clamp(this.#level + ((this.#inflow - outflow) * seconds) / 60, 0, 100);
    this.#temperature = settle(this.#temperature, 22 + 38 * turning ** 2 * (1 + this.#wear), seconds, 600);
    this.#wear += (this.#wearPerHour * turning * seconds) / HOURS;
    const vibration = Math.max(0, (1.4 + 5 * this.#wear) * turning ** 2 + this.#random.noise(0.08) * turning);
    occurrences.push(...this.#watchBearing(vibration));
    return { telemetry: this.#read(vibration, outflow), occurrences };
  }

  #read(vibration: number, outflow: number) {
    const turning = this.#rpm / RATED_RPM;
    return {
      running: this.#running,
      rpm: round(Math.max(0, this.#rpm + this.#random.noise(4) * turning), 0),
      vibration: round(vibration, 2),
      temperature: round(this.#temperature + this.#random.noise(0.1), 1),
      pressure: round(Math.max(0, 4.2 * turning ** 2 + this.#random.noise(0.02)), 2),
      flow: round(outflow * 3, 1),
      level: round(this.#level, 1),
    };
  }

  #control(): Occurrence[] {
    const byLevel = this.#level > START_LEVEL || (this.#running && this.#level > STOP_LEVEL);
    const wanted = this.#override ?? byLevel;
    if (wanted === this.#running) return [];
    this.#running = wanted;
    return [event(wanted ? "started" : "stopped", { level: round(this.#level, 1) })];
  }

  #watchBearing(vibration: number): Occurrence[] {
    if (!this.#worn && vibration > VIBRATION_LIMIT) {
      this.#worn = true;
      return [alarm("vibration", true, { vibration: round(vibration, 2) })];
    }
    // A fitter comes when the pump next stands still.
    if (!this.#worn || this.#running || this.#rpm > 1) return [];
    this.#worn = false;
    this.#wear = 0;
    return [alarm("vibration", false, { vibration: round(vibration, 2) })];
  }

  #setOverride(on: boolean | undefined): void {
    this.#override = on;
  }

  #setRpm(value: number): void {
    this.#targetRpm = value;
  }
}
