/** Somebody who waits for a time. */
export interface Timed {
  /** When, by {@link Clock.now}. Only the clock changes it. */
  at: number;
  /** The time has come; who wants to wait on says so. */
  due(now: number): void;
}

/** How finely time is told apart. */
export const TICK_MS = 20;
/** Ticks in one turn of the wheel. */
const SLOTS = 512;

/**
 * One clock for everybody who waits: a wheel of slots, a tick apart, each with those whose time comes in it. A tick costs as much as
 * there is to do in it; who waits for longer than a turn of the wheel is looked at once in each. It runs only while somebody waits.
 */
export class Clock {
  /** Milliseconds from some moment on, which no change of the date moves. */
  readonly now: () => number;
  readonly #failed: (error: unknown) => void;
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Timed>());
  /** The last tick that has been looked through. */
  #tick = 0;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `failed` hears what goes wrong with one of them; the others have their turn all the same. */
  constructor(failed: (error: unknown) => void, now: () => number = () => performance.now()) {
    this.#failed = failed;
    this.now = now;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Has `timed` wait, who must not be waiting, until `at` or soon after. */
  wait(timed: Timed, at: number): void {
    if (this.#timer === undefined) this.#start();
    timed.at = Math.max(at, (this.#tick + 1) * TICK_MS);
    this.#slotOf(timed).add(timed);
    this.#waiting++;
  }

  /** It waits no more. */
  forget(timed: Timed): void {
    if (this.#slotOf(timed).delete(timed)) this.#left();
  }

  #start(): void {
    this.#tick = Math.floor(this.now() / TICK_MS);
    this.#timer = setInterval(() => this.#look(), TICK_MS).unref();
  }

  #look(): void {
    const now = this.now();
    const last = Math.floor(now / TICK_MS);
    const first = Math.max(this.#tick + 1, last - SLOTS + 1);
    this.#tick = last;
    for (let tick = first; tick <= last; tick++) this.#run(this.#slots[tick % SLOTS] as Set<Timed>, now);
  }

  #run(slot: Set<Timed>, now: number): void {
    for (const timed of slot) {
      if (timed.at > now) continue; // in a later turn of the wheel
      slot.delete(timed);
      try {
        timed.due(now);
      } catch (error) {
        this.#failed(error);
      }
      this.#left();
    }
  }

  /** Only after it had the chance to wait on, so that the timer is not stopped and started each time. */
  #left(): void {
    if (--this.#waiting > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #slotOf({ at }: Timed): Set<Timed> {
    return this.#slots[Math.ceil(at / TICK_MS) % SLOTS] as Set<Timed>;
  }
}
