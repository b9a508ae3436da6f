import type { Rights } from "../access/rights.js";

/** What a session's messages are asked for. */
export type Guard = Pick<Rights, "mayReceive">;

/** The rights of a client that is away, worked out when the first message comes for it: most sessions get none for long. */
export class AwayRights implements Guard {
  readonly #find: () => Rights | undefined;
  #found: { readonly rights: Rights | undefined } | undefined;

  constructor(find: () => Rights | undefined) {
    this.#find = find;
  }

  mayReceive(topic: string): boolean {
    this.#found ??= { rights: this.#find() };
    return this.#found.rights?.mayReceive(topic) ?? true;
  }
}
