import { Denied } from "../access/denied.js";
import type { Caller } from "./caller.js";
import { errors } from "./codes.js";
import type { DisconnectName } from "./counters.js";
import { Fault } from "./fault.js";

/**
 * What becomes of a session whose credentials are refused: it is ended, or its command is answered with an error. The log has the
 * reason, and nobody else is told.
 */
export function denialOf({ id, context }: Caller, error: unknown): DisconnectName | Fault {
  const denied = deniedOf(error);
  const { kind, message: reason } = denied;
  if (kind === "expired") return new Fault(errors.tokenExpired);
  if (kind === "unavailable" || kind === "backoff")
    return laterFault(context, "connection", { session: id }, denied);
  context.limitedLog.warn("connection token refused", { session: id, reason });
  return kind === "credentials" ? "invalidToken" : "permissionDenied";
}

/** The same for a subscription token, whose refusal ends nothing but the subscription. */
export function grantFault({ id, context }: Caller, error: unknown, channel: string): Fault {
  const denied = deniedOf(error);
  const { kind, message: reason } = denied;
  const about = { session: id, channel };
  if (kind === "expired") return new Fault(errors.tokenExpired);
  if (kind === "unavailable" || kind === "backoff") return laterFault(context, "subscription", about, denied);
  context.limitedLog.warn("subscription token refused", { ...about, reason });
  return new Fault(errors.unauthorized, "the subscription token is not valid");
}

/** Not the client's fault, or not for long: it may try again, with the delays that client libraries know. */
function laterFault(
  { limitedLog }: Caller["context"],
  what: "connection" | "subscription",
  about: object,
  { kind, message: reason }: Denied,
): Fault {
  if (kind === "backoff") return new Fault(errors.tooManyRequests, "too many attempts have failed of late");
  limitedLog.error(`${what} credentials cannot be checked`, { ...about, reason });
  return new Fault(errors.internal, "the credentials could not be checked");
}

/** A fault of ours lets nobody in. */
function deniedOf(error: unknown): Denied {
  if (error instanceof Denied) return error;
  return new Denied("unavailable", error instanceof Error ? error.message : String(error));
}
