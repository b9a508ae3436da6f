import type { Principal } from "./principal.js";
import type { StatedRights } from "./rights.js";

/** Whether two credentials lead to the same rights under the same rules. */
export function sameRights(one: Principal, other: Principal): boolean {
  return (
    one.user === other.user &&
    one.unrestricted === other.unrestricted &&
    (one.proof === "none") === (other.proof === "none") &&
    sameStated(one.stated, other.stated)
  );
}

function sameStated(one: StatedRights | undefined, other: StatedRights | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return textOf(one) === textOf(other);
}

function textOf({ publish, subscribe, channels }: StatedRights): string {
  return JSON.stringify([publish, subscribe, [...channels].map(([name, actions]) => [name, [...actions]])]);
}
