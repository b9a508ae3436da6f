import type { DenialKind } from "../access/denied.js";
import type { RefusalKind } from "./counters.js";

/** Why a CONNECT is not accepted. The message is for the log; the client gets the return code. */
export class Refusal extends Error {
  /** Of CONNACK [MQTT-3.2.2-6]. */
  readonly returnCode: number;
  /** Set when who it is, or what it may do, is the reason. */
  readonly kind: RefusalKind | undefined;
  /** The name that was given, for the log. */
  user: string | undefined;

  constructor(returnCode: number, message: string, kind?: RefusalKind) {
    super(message);
    this.returnCode = returnCode;
    this.kind = kind;
  }

  static denied(kind: DenialKind, message: string): Refusal {
    return new Refusal(RETURN_CODES[kind], message, kind);
  }
}

/** 3: server unavailable, 4: bad user name or password, 5: not authorized. */
const RETURN_CODES: Readonly<Record<DenialKind, number>> = {
  credentials: 4,
  expired: 4,
  forbidden: 5,
  unavailable: 3,
  backoff: 3,
};
