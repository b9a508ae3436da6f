import type { ChannelAction, Readable, Rights } from "../../access/rights.js";
import { MQTT_PREFIX } from "../../bridge/mqtt-family.js";
import type { Layer } from "./layer.js";
import { actionBits, highestQos, mayReceive, type Permissions, publishBit } from "./permission.js";
import { reachOf } from "./reach.js";
import { type VerdictCounters, Verdicts } from "./verdicts.js";

/** Allowed actions of a channel take the upper half of a verdict, denied ones the lower. */
const HALF = 8;

/** The rights that some layers of rules leave together: one layer's denial wins over what any allows. */
export class LayeredRights implements Rights {
  readonly #layers: readonly Layer[];
  readonly #topics: Verdicts;
  readonly #counters: VerdictCounters;
  #channels: Verdicts | undefined;

  constructor(layers: readonly Layer[], counters: VerdictCounters) {
    this.#layers = layers;
    this.#counters = counters;
    this.#topics = new Verdicts(counters);
  }

  mayPublish(topic: string, qos: number, retain: boolean): boolean {
    return (this.#permissions(topic) & publishBit(qos, retain)) !== 0;
  }

  mayReceive(topic: string): boolean {
    return mayReceive(this.#permissions(topic));
  }

  receiveQos(topic: string): 0 | 1 | 2 | undefined {
    return highestQos(this.#permissions(topic));
  }

  readable(filter: string): Readable | undefined {
    return reachOf(filter, this.#layers);
  }

  channel(name: string, action: ChannelAction): boolean | undefined {
    this.#channels ??= new Verdicts(this.#counters);
    let verdict = this.#channels.get(name);
    if (verdict === undefined) {
      verdict = this.#judgeChannel(name);
      this.#channels.set(name, verdict);
    }
    const bit = actionBits([action]);
    if (verdict & bit) return false;
    // A channel mqtt:FILTER is nothing but its topics: what is said of channels at large must not open topics that are denied.
    return (verdict >> HALF) & bit && !name.startsWith(MQTT_PREFIX) ? true : undefined;
  }

  #permissions(topic: string): Permissions {
    let verdict = this.#topics.get(topic);
    if (verdict === undefined) {
      verdict = this.#judge(topic);
      this.#topics.set(topic, verdict);
    }
    return verdict;
  }

  #judge(topic: string): Permissions {
    const levels = topic.split("/");
    let allowed: Permissions = 0;
    let denied: Permissions = 0;
    for (const { set, values } of this.#layers) {
      if (!set.allowed.isEmpty) allowed |= set.allowed.covering(levels, values);
      if (!set.denied.isEmpty) denied |= set.denied.covering(levels, values);
    }
    return allowed & ~denied;
  }

  #judgeChannel(name: string): number {
    const verdict = { allowed: 0, denied: 0 };
    for (const { set, values } of this.#layers)
      if (!set.channels.isEmpty) set.channels.look(name, values, verdict);
    return (verdict.allowed << HALF) | verdict.denied;
  }
}
