import { errors } from "jose";
import { Denied } from "../../access/denied.js";

/** Why a token is refused, in words for the log. What the library says is not passed on: it may hold claims. */
export function refusalOf(error: unknown): Denied {
  if (error instanceof errors.JWTExpired) return new Denied("expired", 'it has expired ("exp")');
  if (error instanceof errors.JWTClaimValidationFailed)
    return new Denied("credentials", claimReason(error.claim, error.reason));
  return notSigned();
}

export function notSigned(): Denied {
  return new Denied("credentials", "it is not a signed JWT");
}

function claimReason(claim: string, reason: string): string {
  if (reason === "invalid") return `"${claim}" is not a number of seconds since 1970`;
  if (claim === "exp") return 'it has no "exp", which tokens.requireExpiry asks for';
  if (claim === "nbf") return 'it is not valid yet ("nbf"); do the clocks agree?';
  const key = claim === "aud" ? "tokens.audience" : "tokens.issuer";
  return reason === "missing" ? `it has no "${claim}", which ${key} asks for` : `"${claim}" is not ${key}`;
}
