import type { Attempt } from "../access/gate.js";
import type { Principal } from "../access/principal.js";

/** One way to say who one is. */
export interface Method {
  /** For the log: `accounts`, `tokens`, `keys`, ... */
  readonly name: string;
  /** Undefined when what was brought is nothing that it knows. Rejects with `Denied` when it knows it and it is not good. */
  admit(attempt: Attempt): Promise<Principal | undefined>;
  /** Whether what somebody was let in by is still there. True for those whom it has not let in. */
  stands(principal: Principal): boolean;
}
