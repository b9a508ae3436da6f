import { alarm, type Occurrence } from "./model.js";
import { clamp, round } from "./physics.js";
import type { Random } from "./random.js";

/** A cell that drains; says so once when it is low, and once when it was changed. */
export class Battery {
  #percent: number;
  #low = false;
  readonly #percentPerDay: number;

  constructor(random: Random, percentPerDay: number) {
    this.#percent = random.between(35, 100);
    this.#percentPerDay = percentPerDay * random.between(0.7, 1.4);
  }

  get percent(): number {
    return round(this.#percent, 1);
  }

  /** `charge` is percent per day, from a panel or an alternator. */
  step(seconds: number, charge = 0): Occurrence[] {
    const days = seconds / 86_400;
    this.#percent = clamp(this.#percent + (charge - this.#percentPerDay) * days, 0, 100);
    if (this.#percent < 2) this.#percent = 100; // somebody came and changed it
    const low = this.#percent < 15;
    if (low === this.#low) return [];
    this.#low = low;
    return [alarm("battery-low", low, { battery: this.percent })];
  }
}
