import { randomBytes } from "node:crypto";

/** A name for a run of offsets that no other run has. */
export function newEpoch(): string {
  return randomBytes(6).toString("base64url");
}
