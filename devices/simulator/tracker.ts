import { Battery } from "./battery.js";
import { alarm, event, type Model, type Observation, type Occurrence, type Step } from "./model.js";
import { clamp, round, settle } from "./physics.js";
import type { Random } from "./random.js";
import { numberSetting } from "./setting.js";

const DEPOT = { latitude: 48.2082, longitude: 16.3738 };
const METRES_PER_DEGREE = 111_320;
const BLOCK = 110; // metres between junctions
const FENCE = 2_500; // metres from the depot
const HEADINGS = [0, 90, 180, 270] as const;
/** A step moves through at most this many blocks: a leap over a day needs no street by street. */
const MAX_BLOCKS = 200;

/** A delivery van on a grid of streets: turns at junctions, stops to deliver, prefers to stay near its depot. */
export class Tracker implements Model {
  readonly settings = new Map([["maxSpeed", numberSetting(5, 130, (value) => this.#limit(value))]]);
  readonly #random: Random;
  readonly #battery: Battery;
  #north: number;
  #east: number;
  #heading: number;
  #untilJunction = BLOCK;
  #speed = 0; // km/h
  #maxSpeed = 50;
  #stopped = true;
  #outside = false;
  #odometer = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#battery = new Battery(random, 30);
    this.#north = random.between(-1_000, 1_000);
    this.#east = random.between(-1_000, 1_000);
    this.#heading = random.pick(...HEADINGS);
  }

  step({ seconds }: Step): Observation {
    const occurrences = this.#stopOrGo(seconds);
    const cruising = this.#stopped ? 0 : this.#maxSpeed * 0.8;
    this.#speed = clamp(settle(this.#speed, cruising, seconds, 4), 0, this.#maxSpeed);
    this.#drive((this.#speed / 3.6) * seconds);
    occurrences.push(...this.#watchFence(), ...this.#battery.step(seconds, this.#stopped ? 0 : 70));
    return { telemetry: this.#read(), occurrences };
  }

  #read() {
    const error = () => this.#random.noise(2) / METRES_PER_DEGREE;
    const narrowing = Math.cos((DEPOT.latitude * Math.PI) / 180); // meridians draw together towards the pole
    return {
      latitude: round(DEPOT.latitude + this.#north / METRES_PER_DEGREE + error(), 6),
      longitude: round(DEPOT.longitude + this.#east / (METRES_PER_DEGREE * narrowing) + error(), 6),
      speed: round(Math.max(0, this.#speed + this.#random.noise(0.3)), 1),
      heading: this.#heading,
      satellites: Math.round(this.#random.between(6, 14)),
      odometer: round(this.#odometer / 1000, 3),
      battery: this.#battery.percent,
    };
  }

  #stopOrGo(seconds: number): Occurrence[] {
    if (!this.#random.happens(this.#stopped ? 40 : 20, seconds)) return [];
    this.#stopped = !this.#stopped;
    return [event(this.#stopped ? "stopped" : "moving", { odometer: round(this.#odometer / 1000, 3) })];
  }

  #drive(metres: number): void {
    let left = Math.min(metres, MAX_BLOCKS * BLOCK);
    this.#odometer += left;
    while (left >= this.#untilJunction) {
      left -= this.#untilJunction;
      this.#move(this.#untilJunction);
      this.#untilJunction = BLOCK;
      this.#turn();
    }
    this.#untilJunction -= left;
    this.#move(left);
  }

  #move(metres: number): void {
    const angle = (this.#heading * Math.PI) / 180;
    this.#north += Math.cos(angle) * metres;
    this.#east += Math.sin(angle) * metres;
  }

  #turn(): void {
    const homewards = this.#random.chance(this.#distance() / (2 * FENCE));
    if (homewards) this.#heading = this.#towardsDepot();
    else this.#heading = (this.#heading + this.#random.pick(0, 0, 0, 90, 270)) % 360;
  }

  #towardsDepot(): number {
    if (Math.abs(this.#north) > Math.abs(this.#east)) return this.#north > 0 ? 180 : 0;
    return this.#east > 0 ? 270 : 90;
  }

  #watchFence(): Occurrence[] {
    const outside = this.#distance() > FENCE;
    if (outside === this.#outside) return [];
    this.#outside = outside;
    return [alarm("outside-fence", outside, { metres: round(this.#distance(), 0) })];
  }

  #distance(): number {
    return Math.hypot(this.#north, this.#east);
  }

  #limit(value: number): void {
    this.#maxSpeed = value;
  }
}
