import type { Attempt, Door } from "../access/gate.js";
import type { Principal } from "../access/principal.js";

/** Kinds of credentials that clients also send where nobody asks for them. */
export type CredentialKind = "password" | "token" | "key";

/** One way to say who one is. */
export interface Method {
  /** For the log: `accounts`, `tokens`, `keys`, ... */
  readonly name: string;
  /**
   * What it may know at a door; without it, everything. What no method judges counts as not given: clients send names, passwords
   * and keys also to a server that wants none.
   */
  judges?(door: Door): readonly CredentialKind[];
  /** Undefined when what was brought is nothing that it knows. Rejects with `Denied` when it knows it and it is not good. */
  admit(attempt: Attempt): Promise<Principal | undefined>;
  /** Whether what somebody was let in by is still there. True for those whom it has not let in. */
  stands(principal: Principal): boolean;
}
