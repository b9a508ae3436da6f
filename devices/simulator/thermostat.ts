import { alarm, event, type Model, type Observation, type Occurrence, type Step } from "./model.js";
import { clamp, outdoors, round, settle, sunlight } from "./physics.js";
import type { Random } from "./random.js";
import { numberSetting, overrideSetting } from "./setting.js";

/** Degrees above outdoors that the radiator can hold the room at. */
const HEATING_LIFT = 32;
const HYSTERESIS = 0.4;
const HOURS = 3600;

/** A room with a radiator: walls that hold heat, a window that people open, a controller with hysteresis. */
export class Thermostat implements Model {
  readonly settings = new Map([
    ["target", numberSetting(5, 35, (value) => this.#setTarget(value))],
    ["relay", overrideSetting((on) => this.#setOverride(on))],
  ]);
  readonly #random: Random;
  readonly #inertia: number;
  #temperature: number;
  #humidity: number;
  #target: number;
  #heating = false;
  #override: boolean | undefined;
  #windowOpen = false;
  #frost = false;

  constructor(random: Random) {
    this.#random = random;
    this.#inertia = random.between(1.5, 4) * HOURS;
    this.#target = random.pick(19, 20, 20.5, 21, 22);
    this.#temperature = this.#target + random.noise(0.6);
    this.#humidity = random.between(38, 55);
  }

  step({ time, seconds }: Step): Observation {
    this.#moveWindow(seconds);
    const occurrences = [...this.#control(), ...this.#watchFrost()];
    const outside = outdoors(time);
    const warmth = outside + 3 * sunlight(time) + 4 + (this.#heating ? HEATING_LIFT : 0);
    const inertia = this.#windowOpen ? this.#inertia / 12 : this.#inertia;
    this.#temperature = settle(this.#temperature, warmth, seconds, inertia);
    const damp = clamp(70 - 1.3 * (this.#temperature - outside), 25, 80);
    this.#humidity = settle(this.#humidity, damp, seconds, inertia);
    return { telemetry: this.#read(), occurrences };
  }

  #read() {
    return {
      temperature: round(this.#temperature + this.#random.noise(0.04), 2),
      humidity: round(clamp(this.#humidity + this.#random.noise(0.3), 0, 100), 1),
      target: this.#target,
      heating: this.#heating,
    };
  }

  #moveWindow(seconds: number): void {
    // Three airings a day, of ten minutes or so.
    const perHour = this.#windowOpen ? 6 : 1 / 8;
    if (this.#random.happens(perHour, seconds)) this.#windowOpen = !this.#windowOpen;
  }

  #control(): Occurrence[] {
    const below = this.#temperature < this.#target - HYSTERESIS / 2;
    const above = this.#temperature > this.#target + HYSTERESIS / 2;
    const wanted = this.#override ?? (below || (this.#heating && !above));
    if (wanted === this.#heating) return [];
    this.#heating = wanted;
    return [event("heating", { on: wanted, temperature: round(this.#temperature, 2) })];
  }

  #watchFrost(): Occurrence[] {
    const frost = this.#temperature < (this.#frost ? 6 : 5);
    if (frost === this.#frost) return [];
    this.#frost = frost;
    return [alarm("frost", frost, { temperature: round(this.#temperature, 2) })];
  }

  #setTarget(value: number): void {
    this.#target = round(value, 1);
  }

  #setOverride(on: boolean | undefined): void {
    this.#override = on;
  }
}
