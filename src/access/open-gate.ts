import { anonymous } from "./anonymous.js";
import { Denied } from "./denied.js";
import type { Gate } from "./gate.js";

/** Lets everybody do everything: for a broker that stands alone, as in tests. */
export const openGate: Gate = {
  anonymous: true,
  admit: () => Promise.resolve(anonymous),
  grant: () => Promise.reject(new Denied("credentials", "there is nothing to check tokens with")),
  rightsOf: () => undefined,
  stands: () => true,
  onChange: () => () => undefined,
};
