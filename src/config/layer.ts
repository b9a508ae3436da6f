import type { Path } from "./path.js";

export type Mapping = Record<string, unknown>;

/** One source of values: the file, the environment or the flags. */
export interface Layer {
  readonly value: Mapping;
  /** Where the source sets the path, undefined when it does not. */
  locate(path: Path): string | undefined;
}

/** Later layers win; mappings are merged, lists are replaced. */
export function mergeLayers(layers: readonly Layer[]): Mapping {
  return layers.reduce<Mapping>((merged, layer) => merge(merged, layer.value), {});
}

/** Which source set the path, or, for a key that is missing, the section it is missing from. */
export function sourceOf(layers: readonly Layer[], path: Path): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const found = layers.map((layer) => layer.locate(part)).findLast((place) => place !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
    return isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, root);
}

/** Sets a nested value, making the sections above it. */
export function setAt(root: Mapping, path: Path, value: unknown): void {
  const [step, ...rest] = path.map(String);
  if (step === undefined) return;
  if (rest.length === 0) {
    root[step] = value;
    return;
  }
  const section = isMapping(root[step]) ? root[step] : {};
  root[step] = section;
  setAt(section, rest, value);
}

function merge(under: Mapping, over: Mapping): Mapping {
  const merged: Mapping = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMapping(below) && isMapping(value) ? merge(below, value) : value;
  }
  return merged;
}
