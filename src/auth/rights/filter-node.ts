import type { Permissions } from "./permission.js";
import type { Slotted } from "./template.js";

/** A level of a filter: `+`, `#`, a text, or one that is filled in for each client. */
export type FilterLevel = string | Slotted;

interface FilledLevel {
  readonly level: Slotted;
  readonly node: FilterNode;
}

/** A place in a tree of filters. */
export class FilterNode {
  /** Of filters that end here. */
  ends: Permissions = 0;
  /** Of filters that end with `#` after this level, which match this level too [MQTT-4.7.1-2]. */
  open: Permissions = 0;
  /** Of all of them from here on. */
  all: Permissions = 0;
  texts: Map<string, FilterNode> | undefined;
  plus: FilterNode | undefined;
  filled: Map<string, FilledLevel> | undefined;

  next(level: FilterLevel): FilterNode {
    if (level === "+") {
      this.plus ??= new FilterNode();
      return this.plus;
    }
    if (typeof level !== "string") return this.#nextFilled(level);
    this.texts ??= new Map();
    const known = this.texts.get(level);
    if (known) return known;
    const node = new FilterNode();
    this.texts.set(level, node);
    return node;
  }

  #nextFilled(level: Slotted): FilterNode {
    const key = JSON.stringify(level);
    this.filled ??= new Map();
    const known = this.filled.get(key);
    if (known) return known.node;
    const node = new FilterNode();
    this.filled.set(key, { level, node });
    return node;
  }
}
