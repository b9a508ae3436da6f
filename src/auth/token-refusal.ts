import { errors } from "jose";
import { InvalidToken, TokenExpired } from "../gateway/tokens.js";

/** Why a token is refused, in words for the log. What the library says is not passed on: it may hold claims. */
export function refusalOf(error: unknown): InvalidToken | TokenExpired {
  if (error instanceof errors.JWTExpired) return new TokenExpired('it has expired ("exp")');
  return new InvalidToken(reasonOf(error));
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not HS256, HS384 or HS512";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "it is not signed with tokens.secret";
  if (error instanceof errors.JWTClaimValidationFailed) return claimReason(error.claim, error.reason);
  return "it is not a signed JWT";
}

function claimReason(claim: string, reason: string): string {
  if (reason === "invalid") return `"${claim}" is not a number of seconds since 1970`;
  if (claim === "exp") return 'it has no "exp", which tokens.requireExpiry asks for';
  if (claim === "nbf") return 'it is not valid yet ("nbf"); do the clocks agree?';
  const key = claim === "aud" ? "tokens.audience" : "tokens.issuer";
  return reason === "missing" ? `it has no "${claim}", which ${key} asks for` : `"${claim}" is not ${key}`;
}
