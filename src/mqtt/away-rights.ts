import type { Rights } from "../access/rights.js";
import type { QoS } from "./message.js";

/** What a session's messages are asked for. */
export type Guard = Pick<Rights, "receiveQos">;

/** The rights of a client that is away, worked out when the first message comes for it: most sessions get none for long. */
export class AwayRights implements Guard {
  readonly #find: () => Rights | undefined;
  #found: { readonly rights: Rights | undefined } | undefined;

  constructor(find: () => Rights | undefined) {
    this.#find = find;
  }

  receiveQos(topic: string): QoS | undefined {
    this.#found ??= { rights: this.#find() };
    const { rights } = this.#found;
    return rights ? rights.receiveQos(topic) : 2;
  }
}
