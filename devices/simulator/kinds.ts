import { Door } from "./door.js";
import { Meter } from "./meter.js";
import type { Model } from "./model.js";
import { Pump } from "./pump.js";
import type { Random } from "./random.js";
import { Thermostat } from "./thermostat.js";
import { Tracker } from "./tracker.js";
import { Weather } from "./weather.js";

const models = {
  thermostat: (random) => new Thermostat(random),
  meter: (random) => new Meter(random),
  weather: (random) => new Weather(random),
  door: (random) => new Door(random),
  tracker: (random) => new Tracker(random),
  pump: (random) => new Pump(random),
} satisfies Record<string, (random: Random) => Model>;

export type Kind = keyof typeof models;
export const kinds = Object.keys(models) as readonly Kind[];

export const isKind = (name: string): name is Kind => Object.hasOwn(models, name);
export const createModel = (kind: Kind, random: Random): Model => models[kind](random);
