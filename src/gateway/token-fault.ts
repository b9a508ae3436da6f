import type { Caller } from "./caller.js";
import { errors } from "./codes.js";
import { Fault } from "./fault.js";
import { InvalidToken, TokenExpired } from "./tokens.js";

/** What a client is told of its token when that could not be accepted. The log has the reason, and never the token. */
export function tokenFault(
  { id, context }: Caller,
  kind: "connection" | "subscription",
  error: unknown,
  channel?: string,
): Fault {
  if (error instanceof TokenExpired) return new Fault(errors.tokenExpired);
  const about = { session: id, ...(channel === undefined ? {} : { channel }) };
  if (error instanceof InvalidToken) {
    context.limitedLog.warn(`${kind} token refused`, { ...about, reason: error.message });
    return new Fault(errors.unauthorized, `the ${kind} token is not valid`);
  }
  // Not the client's fault: it may try again.
  context.limitedLog.error(`${kind} tokens cannot be checked`, { ...about, err: error });
  return new Fault(errors.internal, "the token could not be checked");
}
