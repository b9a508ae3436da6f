import type { Principal } from "./principal.js";
import type { StatedRights } from "./rights.js";

/** Whether two credentials lead to the same rights under the same rules. */
export function sameRights(one: Principal, other: Principal): boolean {
  return one === other || rightsText(one) === rightsText(other);
}

/** What of a credential its rights depend on: those of the same text lead to the same. */
export function rightsText({ user, unrestricted, proof, stated }: Principal): string {
  return JSON.stringify([user, unrestricted, proof === "none", stated && textOf(stated)]);
}

function textOf({ publish, subscribe, channels }: StatedRights): string {
  return JSON.stringify([publish, subscribe, [...channels].map(([name, actions]) => [name, [...actions]])]);
}
