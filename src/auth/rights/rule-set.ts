import { ChannelTable } from "./channel-table.js";
import { FilterTree } from "./filter-tree.js";
import type { Rule } from "./rule.js";
import type { Slotted, Template } from "./template.js";

/** Where in the list of values a variable is. */
export type Slots = ReadonlyMap<string, number>;

export interface Member {
  readonly rules: readonly Rule[];
  readonly slots: Slots;
}

/** Rules that apply together, made ready for questions. Shared by all to whom they apply. */
export class RuleSet {
  readonly allowed = new FilterTree(false);
  readonly denied = new FilterTree(true);
  readonly channels = new ChannelTable();

  /** With `denialsOnly` what the rules allow is left out. */
  constructor(members: readonly Member[], denialsOnly = false) {
    for (const { rules, slots } of members)
      for (const rule of rules) if (rule.deny || !denialsOnly) this.#add(rule, slots);
  }

  #add({ deny, permissions, topics, actions, channels }: Rule, slots: Slots): void {
    const tree = deny ? this.denied : this.allowed;
    if (permissions !== 0)
      for (const levels of topics)
        tree.add(
          levels.map((level) => plainOr(slotted(level, slots))),
          permissions,
        );
    for (const { name, open } of channels)
      this.channels.add(slotted(name, slots), open, {
        allowed: deny ? 0 : actions,
        denied: deny ? actions : 0,
      });
  }
}

function slotted(template: Template, slots: Slots): Slotted {
  return template.map((piece) => {
    if (typeof piece === "string") return piece;
    const slot = slots.get(piece.variable);
    if (slot === undefined) throw new Error(`nothing captures {${piece.variable}}`);
    return slot;
  });
}

/** A level without variables is its text; an empty one is a level too. */
function plainOr(level: Slotted): string | Slotted {
  const [first = "", ...more] = level;
  return more.length === 0 && typeof first === "string" ? first : level;
}
