import { Battery } from "./battery.js";
import {
  alarm,
  event,
  type Model,
  type Observation,
  type Occurrence,
  type Setting,
  type Step,
} from "./model.js";
import { clamp, outdoors, round, settle, sunlight } from "./physics.js";
import type { Random } from "./random.js";

const GALE = 17.2; // m/s, force 8
const MINUTES = 60;

/** A mast with a solar panel. Pressure wanders; low pressure brings wind, cloud and rain. */
export class Weather implements Model {
  readonly settings = new Map<string, Setting>();
  readonly #random: Random;
  readonly #battery: Battery;
  #pressure: number;
  #trend: number;
  #wind = 3;
  #direction: number;
  #temperature: number | undefined;
  #raining = false;
  #gale = false;

  constructor(random: Random) {
    this.#random = random;
    this.#battery = new Battery(random, 8);
    this.#pressure = random.between(995, 1025);
    this.#trend = this.#pressure;
    this.#direction = random.between(0, 360);
  }

  step({ time, seconds }: Step): Observation {
    const random = this.#random;
    if (random.happens(1 / 6, seconds)) this.#trend = random.between(985, 1035);
    this.#pressure = settle(this.#pressure, this.#trend, seconds, 300 * MINUTES);
    const unrest = clamp((1025 - this.#pressure) / 40, 0, 1);
    this.#wind = Math.max(0, settle(this.#wind, 1 + 11 * unrest + random.noise(1.5), seconds, MINUTES));
    this.#direction = (this.#direction + random.noise(Math.min(90, 3 * Math.sqrt(seconds))) + 360) % 360;
    const light = 100_000 * sunlight(time) * (1 - 0.85 * unrest);
    const air = outdoors(time) - 3 * unrest - (this.#raining ? 2 : 0);
    this.#temperature = settle(this.#temperature ?? air, air, seconds, 20 * MINUTES);
    const occurrences = [...this.#moveRain(unrest, seconds), ...this.#battery.step(seconds, light / 2_500)];
    const gust = this.#wind * (1 + Math.abs(random.noise(0.35)));
    occurrences.push(...this.#watchGale(gust));
    return { telemetry: this.#read(this.#temperature, gust, light, unrest), occurrences };
  }

  #read(temperature: number, gust: number, light: number, unrest: number) {
    const random = this.#random;
    return {
      temperature: round(temperature + random.noise(0.05), 2),
      humidity: round(clamp(45 + 35 * unrest + (this.#raining ? 15 : 0) + random.noise(1), 5, 100), 1),
      pressure: round(this.#pressure + random.noise(0.05), 1),
      windSpeed: round(this.#wind, 1),
      windGust: round(gust, 1),
      windDirection: round(this.#direction, 0) % 360,
      rain: this.#raining ? round(random.between(0.2, 8) * unrest, 1) : 0,
      light: round(light, 0),
      battery: this.#battery.percent,
    };
  }

  #moveRain(unrest: number, seconds: number): Occurrence[] {
    const perHour = this.#raining ? 1.5 : 1.2 * unrest ** 2;
    if (!this.#random.happens(perHour, seconds)) return [];
    this.#raining = !this.#raining;
    return [event("rain", { on: this.#raining })];
  }

  #watchGale(gust: number): Occurrence[] {
    // Cleared at a lower speed than it is raised at: one storm is one alarm, not a hundred.
    const gale = gust > (this.#gale ? GALE * 0.7 : GALE);
    if (gale === this.#gale) return [];
    this.#gale = gale;
    return [alarm("gale", gale, { windGust: round(gust, 1) })];
  }
}
