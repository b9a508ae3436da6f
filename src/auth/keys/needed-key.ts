import { Denied } from "../../access/denied.js";
import type { Attempt, Door } from "../../access/gate.js";
import type { CredentialKind, Method } from "../method.js";

/** Where the configuration holds keys for a door, nobody comes in there without credentials, also not where anonymous clients do. */
export class NeededKey implements Method {
  readonly name = "needed key";
  readonly #doors: ReadonlyMap<Door, string>;

  /** The key of the configuration by door. It is to be asked last: whoever gets here is known to nobody. */
  constructor(doors: ReadonlyMap<Door, string>) {
    this.#doors = doors;
  }

  judges(): readonly CredentialKind[] {
    return [];
  }

  async admit({ door }: Attempt): Promise<undefined> {
    const name = this.#doors.get(door);
    if (name !== undefined)
      throw new Denied("credentials", `a key of ${name} is needed, or other credentials`);
  }

  stands(): boolean {
    return true;
  }
}
