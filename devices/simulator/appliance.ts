import { hourOf } from "./physics.js";
import type { Random } from "./random.js";

export interface Habit {
  readonly watts: number;
  readonly minutes: number;
  /** Uses a day. */
  readonly uses: number;
  /** Hours of the day, from and to, within which it is used. */
  readonly hours: readonly [number, number];
}

/** One load in a household: switched on by habit, runs its time, goes off. */
export class Appliance {
  readonly #habit: Habit;
  #secondsLeft = 0;

  constructor(habit: Habit) {
    this.#habit = habit;
  }

  /** Mean power over the step, in watts. */
  step(time: number, seconds: number, random: Random): number {
    if (this.#secondsLeft <= 0 && this.#wanted(time, seconds, random))
      this.#secondsLeft = this.#habit.minutes * 60 * random.between(0.7, 1.3);
    const running = Math.min(seconds, Math.max(0, this.#secondsLeft));
    this.#secondsLeft -= running;
    return seconds > 0 ? (this.#habit.watts * running) / seconds : 0;
  }

  #wanted(time: number, seconds: number, random: Random): boolean {
    const [from, to] = this.#habit.hours;
    const hour = hourOf(time);
    if (hour < from || hour >= to) return false;
    return random.happens(this.#habit.uses / (to - from), seconds);
  }
}
