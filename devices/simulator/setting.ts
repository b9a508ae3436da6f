import type { Setting } from "./model.js";

export function numberSetting(low: number, high: number, set: (value: number) => void): Setting {
  return (value) => {
    if (typeof value !== "number" || !(value >= low && value <= high))
      return `must be a number from ${low} to ${high}`;
    set(value);
    return undefined;
  };
}

const SWITCH = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ["on", true],
  ["off", false],
]);

export function switchSetting(set: (on: boolean) => void): Setting {
  return (value) => {
    const on = SWITCH.get(value);
    if (on === undefined) return 'must be true, false, "on" or "off"';
    set(on);
    return undefined;
  };
}

/** A switch that a device also works by itself: `auto` hands it back. */
export function overrideSetting(set: (on: boolean | undefined) => void): Setting {
  return (value) => {
    const on = SWITCH.get(value);
    if (on === undefined && value !== "auto") return 'must be true, false, "on", "off" or "auto"';
    set(on);
    return undefined;
  };
}
