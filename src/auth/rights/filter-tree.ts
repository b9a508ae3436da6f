import { type FilterLevel, FilterNode } from "./filter-node.js";
import type { Permissions } from "./permission.js";
import { fill, type Slotted, type Value } from "./template.js";

/** Takes the levels of what two filters have in common, and what is said of it. True when nothing more is wanted. */
export type Visit = (levels: readonly string[], permissions: Permissions) => boolean;

/**
 * Filters by their levels. It is shared by all clients that the same rules apply to: what differs between these is given with each
 * question, as the values of the levels that are to be filled in. What must not be filled in matches nothing, where something is
 * allowed; where it is denied, everything that could have been meant is.
 */
export class FilterTree {
  readonly #denies: boolean;
  readonly #root = new FilterNode();

  constructor(denies: boolean) {
    this.#denies = denies;
  }

  get isEmpty(): boolean {
    return this.#root.all === 0;
  }

  add(levels: readonly FilterLevel[], permissions: Permissions): void {
    let node = this.#root;
    node.all |= permissions;
    for (const level of levels) {
      if (level === "#") {
        node.open |= permissions;
        return;
      }
      node = node.next(level);
      node.all |= permissions;
    }
    node.ends |= permissions;
  }

  /** What is said by filters that match everything that the levels of a topic or filter do. */
  covering(levels: readonly string[], values: readonly Value[]): Permissions {
    return this.#covering(this.#root, levels, 0, values);
  }

  /** Visits what the filter has in common with each of these, as filters. */
  overlapping(filter: readonly string[], values: readonly Value[], visit: Visit): boolean {
    return this.#overlapping(this.#root, [], filter, { values, visit });
  }

  #covering(
    node: FilterNode,
    levels: readonly string[],
    index: number,
    values: readonly Value[],
  ): Permissions {
    const level = levels[index];
    // [MQTT-4.7.2-1]: a wildcard at the start does not match topics that begin with $.
    const reserved = index === 0 && level !== undefined && level.startsWith("$");
    let found = reserved ? 0 : node.open;
    if (level === undefined) found |= node.ends;
    else if (level !== "#") {
      if (node.plus && !reserved) found |= this.#covering(node.plus, levels, index + 1, values);
      const text = level === "+" ? undefined : node.texts?.get(level);
      if (text) found |= this.#covering(text, levels, index + 1, values);
    }
    if (node.filled) found |= this.#coveringFilled(node, levels, index, values);
    return found;
  }

  #coveringFilled(
    node: FilterNode,
    levels: readonly string[],
    index: number,
    values: readonly Value[],
  ): Permissions {
    let found = 0;
    for (const edge of node.filled?.values() ?? []) {
      const level = this.#filledLevel(edge.level, values, index === 0);
      if (level === null) found |= edge.node.all;
      else if (level !== undefined && level === levels[index])
        found |= this.#covering(edge.node, levels, index + 1, values);
    }
    return found;
  }

  /** What was walked so far is in `path`. */
  #overlapping(
    node: FilterNode,
    path: readonly string[],
    filter: readonly string[],
    context: { readonly values: readonly Value[]; readonly visit: Visit },
  ): boolean {
    const { values, visit } = context;
    const level = filter[path.length];
    const first = path.length === 0;
    const reserved = first && level?.startsWith("$");
    if (node.open && !reserved && visit(onFrom(path, filter), node.open)) return true;
    const ended = level === undefined || level === "#";
    if (ended && node.ends && visit(path, node.ends)) return true;
    if (level === undefined) return this.#refused(node, path, filter, context);
    // A # of the filter goes on with every level that there is.
    const onward = level === "#" ? [...filter.slice(0, path.length), "+", "#"] : filter;
    const wild = level === "#" || level === "+";
    if (node.plus && !reserved) {
      const common = wild ? "+" : level;
      if (this.#overlapping(node.plus, [...path, common], onward, context)) return true;
    }
    for (const [text, next] of textsAt(node, wild ? undefined : level)) {
      if (first && wild && text.startsWith("$")) continue;
      if (this.#overlapping(next, [...path, text], onward, context)) return true;
    }
    for (const edge of node.filled?.values() ?? []) {
      const text = this.#filledLevel(edge.level, values, first);
      if (text === undefined || text === null) continue;
      if (!wild && text !== level) continue;
      if (first && wild && text.startsWith("$")) continue;
      if (this.#overlapping(edge.node, [...path, text], onward, context)) return true;
    }
    return this.#refused(node, path, filter, context);
  }

  /** Levels that must not be filled in, where something is denied. */
  #refused(
    node: FilterNode,
    path: readonly string[],
    filter: readonly string[],
    { values, visit }: { readonly values: readonly Value[]; readonly visit: Visit },
  ): boolean {
    return [...(node.filled?.values() ?? [])].some(
      (edge) =>
        this.#filledLevel(edge.level, values, path.length === 0) === null &&
        visit(onFrom(path, filter), edge.node.all),
    );
  }

  /** Null when everything from here on is denied, undefined when nothing matches. */
  #filledLevel(level: Slotted, values: readonly Value[], first: boolean): Value {
    const text = fill(level, values);
    if (this.#denies) return text;
    if (text === null) return undefined;
    // A client that calls itself $SYS is not to read what the server says of itself.
    return first && typeof level[0] === "number" && text?.startsWith("$") ? undefined : text;
  }
}

function onFrom(path: readonly string[], filter: readonly string[]): readonly string[] {
  return [...path, ...filter.slice(path.length)];
}

function textsAt({ texts }: FilterNode, level: string | undefined): Iterable<readonly [string, FilterNode]> {
  if (!texts) return [];
  if (level === undefined) return texts;
  const node = texts.get(level);
  return node ? [[level, node]] : [];
}
