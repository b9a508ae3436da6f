import type { NewGround } from "./ground.js";
import { groups } from "./groups.js";
import { identifiers } from "./identifiers.js";
import { queues } from "./queues.js";
import { random } from "./random.js";
import { removal } from "./removal.js";
import { retained } from "./retained.js";
import { shared } from "./shared.js";
import { states } from "./states.js";
import { streams } from "./streams.js";
import { wills } from "./wills.js";

/** What every store must do. Each test begins on ground of its own. */
export function storeContract(newGround: NewGround): void {
  const parts = [groups, identifiers, queues, states, shared, removal, wills, retained, streams, random];
  for (const part of parts) part(newGround);
}
