import { type DenialKind, Denied } from "../access/denied.js";
import { Refused } from "./refusal.js";

const statuses: Readonly<Record<DenialKind, number>> = {
  credentials: 401,
  expired: 401,
  forbidden: 403,
  unavailable: 503,
  backoff: 429,
};

/** What the client of a bare WebSocket is answered. `wrong` and `over` say it of what it brought. */
export function refused({ kind }: Denied, wrong: string, over: string): Refused {
  const texts: Readonly<Record<DenialKind, string>> = {
    credentials: wrong,
    expired: over,
    forbidden: "the credentials do not let in here",
    unavailable: "the credentials could not be checked; try again",
    backoff: "too many attempts have failed of late; try again later",
  };
  return new Refused({ status: statuses[kind], error: texts[kind] });
}

export function unauthorized(error: string): Refused {
  return new Refused({ status: 401, error });
}

/** The verdict on some credentials, also when it is a denial. A fault of ours lets nobody in. */
export function settled<T>(verdict: Promise<T>): Promise<T | Denied> {
  return verdict.catch((error: unknown) =>
    error instanceof Denied ? error : new Denied("unavailable", String(error)),
  );
}
