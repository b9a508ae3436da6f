import { Battery } from "./battery.js";
import { alarm, event, type Model, type Observation, type Occurrence, type Step } from "./model.js";
import { hourOf, outdoors, round } from "./physics.js";
import type { Random } from "./random.js";
import { switchSetting } from "./setting.js";

const LEFT_OPEN_SECONDS = 300;

/** A contact sensor on a door that people use by day, and sometimes forget to close. */
export class Door implements Model {
  readonly settings = new Map([["lock", switchSetting((on) => this.#lock(on))]]);
  readonly #random: Random;
  readonly #battery: Battery;
  #open = false;
  #locked = false;
  #openings = 0;
  #openSeconds = 0;
  #leftOpen = false;

  constructor(random: Random) {
    this.#random = random;
    this.#battery = new Battery(random, 0.4);
  }

  step({ time, seconds }: Step): Observation {
    const occurrences = [
      ...this.#move(time, seconds),
      ...this.#watchOpen(seconds),
      ...this.#battery.step(seconds),
    ];
    const telemetry = {
      open: this.#open,
      locked: this.#locked,
      openings: this.#openings,
      temperature: round(0.6 * 20 + 0.4 * outdoors(time) + this.#random.noise(0.1), 1),
      battery: this.#battery.percent,
    };
    return { telemetry, occurrences };
  }

  #move(time: number, seconds: number): Occurrence[] {
    const hour = hourOf(time);
    const busy = hour >= 6 && hour < 22 ? 25 : 1;
    const perHour = this.#open ? 120 : busy;
    const moves = this.#random.happens(perHour, seconds);
    const shut = this.#open && this.#locked; // locking pulls it shut
    if (!shut && (!moves || (this.#locked && !this.#open))) return [];
    return [this.#swing()];
  }

  #swing(): Occurrence {
    this.#open = !this.#open;
    if (!this.#open) return event("closed", { seconds: round(this.#openSeconds, 0) });
    this.#openings++;
    this.#openSeconds = 0;
    return event("opened", { openings: this.#openings });
  }

  #watchOpen(seconds: number): Occurrence[] {
    if (this.#open) this.#openSeconds += seconds;
    const leftOpen = this.#open && this.#openSeconds >= LEFT_OPEN_SECONDS;
    if (leftOpen === this.#leftOpen) return [];
    this.#leftOpen = leftOpen;
    return [alarm("left-open", leftOpen, { seconds: round(this.#openSeconds, 0) })];
  }

  #lock(on: boolean): void {
    this.#locked = on;
  }
}
