import type { Check } from "../checks.js";
import { certificateWeaknesses } from "./certificates.js";
import { credentialWeaknesses } from "./credentials.js";
import { exposureWeaknesses } from "./exposure.js";
import { fileWeaknesses } from "./files.js";
import { limitWeaknesses } from "./limits.js";

/** Settings that work and that a server on an open network should not have. `check-config --strict` takes them for faults. */
export const strictChecks: readonly Check[] = [
  exposureWeaknesses,
  credentialWeaknesses,
  limitWeaknesses,
  fileWeaknesses,
  certificateWeaknesses,
];
