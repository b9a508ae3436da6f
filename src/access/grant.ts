import { anonymous } from "./anonymous.js";
import { Denied } from "./denied.js";
import type { Principal } from "./principal.js";

/** The leave to subscribe to one channel, as a subscription token says. */
export interface Grant {
  readonly user: string;
  readonly channel: string;
  readonly info?: unknown;
  /** What the token was signed with, as a principal has it. */
  readonly credential?: string | undefined;
  /** When the token ends, in ms since 1970. */
  readonly expiresAt?: number | undefined;
}

/** Who brings a subscription token: its user, with nothing of an own that a connection token could state. */
export function holderOf({ user, credential, expiresAt }: Grant): Principal {
  return { ...anonymous, user, proof: "token", credential, expiresAt };
}

/** Throws {@link Denied} when it is for another channel. */
export function checkChannel({ channel }: Grant, asked: string): void {
  if (channel !== asked)
    throw new Denied("forbidden", `the subscription token is for channel ${JSON.stringify(channel)}`);
}
