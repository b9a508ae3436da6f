import { Appliance } from "./appliance.js";
import { alarm, type Model, type Observation, type Occurrence, type Step } from "./model.js";
import { clamp, round, settle } from "./physics.js";
import type { Random } from "./random.js";
import { switchSetting } from "./setting.js";

const HABITS = [
  { watts: 120, minutes: 15, uses: 32, hours: [0, 24] }, // refrigerator
  { watts: 2000, minutes: 3, uses: 7, hours: [6, 22] }, // kettle
  { watts: 2400, minutes: 40, uses: 1.5, hours: [11, 20] }, // oven
  { watts: 1900, minutes: 55, uses: 0.8, hours: [8, 21] }, // washing machine
  { watts: 130, minutes: 180, uses: 1.5, hours: [17, 24] }, // television and lamps
  { watts: 3600, minutes: 90, uses: 0.4, hours: [18, 24] }, // car
] as const;

const READING_SECONDS = 60;
const OVERLOAD_WATTS = 7000;

/** A household's electricity meter with a disconnect relay. Its readings are what bills are made of. */
export class Meter implements Model {
  readonly settings = new Map([["relay", switchSetting((on) => this.#switch(on))]]);
  readonly #random: Random;
  readonly #appliances = HABITS.map((habit) => new Appliance(habit));
  readonly #base: number;
  #relay = true;
  #voltage = 230;
  #energy: number;
  #untilReading = READING_SECONDS;
  #overload = false;

  constructor(random: Random) {
    this.#random = random;
    this.#base = random.between(40, 160);
    this.#energy = random.between(2_000, 30_000);
  }

  step({ time, seconds }: Step): Observation {
    const power = this.#load(time, seconds);
    this.#energy += (power * seconds) / 3_600_000;
    this.#voltage = settle(this.#voltage, 230 + this.#random.noise(2), seconds, 30);
    const voltage = this.#voltage - power / 1500; // the feeder's own resistance
    const telemetry = {
      power: round(power, 1),
      voltage: round(voltage, 1),
      current: round(power / voltage / 0.95, 2),
      frequency: round(50 + this.#random.noise(0.01), 3),
      energy: round(this.#energy, 4),
      relay: this.#relay,
    };
    return { telemetry, occurrences: [...this.#read(seconds), ...this.#watchLoad(power)] };
  }

  #load(time: number, seconds: number): number {
    let watts = this.#base;
    for (const appliance of this.#appliances) watts += appliance.step(time, seconds, this.#random);
    watts *= clamp(1 + this.#random.noise(0.01), 0.9, 1.1);
    return this.#relay ? watts : 0;
  }

  #read(seconds: number): Occurrence[] {
    this.#untilReading -= seconds;
    if (this.#untilReading > 0) return [];
    this.#untilReading = READING_SECONDS;
    return [{ type: "reading", qos: 2, fields: { energy: round(this.#energy, 3) } }];
  }

  #watchLoad(power: number): Occurrence[] {
    const overload = power > OVERLOAD_WATTS;
    if (overload === this.#overload) return [];
    this.#overload = overload;
    return [alarm("overload", overload, { power: round(power, 1) })];
  }

  #switch(on: boolean): void {
    this.#relay = on;
  }
}
