import type { IncomingMessage } from "node:http";
import { type DenialKind, Denied } from "../access/denied.js";
import type { Gate } from "../access/gate.js";
import { peerOf } from "../access/peer.js";
import type { Principal } from "../access/principal.js";
import { ApiError } from "./api/error.js";
import { credentialOf } from "./credential.js";
import type { Pages } from "./pages.js";

export interface AdmissionOptions {
  readonly gate: Gate;
  readonly pages: Pages;
  /** The configuration has keys for the API: then being on this machine is not enough. */
  readonly keyed: boolean;
  /** Whether only this machine can reach the server. */
  readonly loopbackOnly: boolean;
}

const HOW = "send Authorization: Bearer KEY, or X-API-Key: KEY";
const ELSE = "or a token as Bearer, or the name and password of an account as Basic";
const SET = "set api.keys, or keys.file";

/** What whoever is not let in is told: what to send, never what was wrong with it. */
const REFUSALS: Readonly<Record<DenialKind, readonly [status: number, error: string]>> = {
  credentials: [401, `the API needs a key that it knows: ${HOW}, ${ELSE}`],
  expired: [401, "the credential has ended: send another one"],
  forbidden: [403, "the credential may not be used for this"],
  unavailable: [503, "it cannot be decided now who may use the API; try again later"],
  backoff: [429, "too many attempts have failed; try again later"],
};

/** Who sends a request that somebody has to answer for. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Rejects with {@link ApiError}. */
  async admit(request: IncomingMessage, door: "rest" | "metrics"): Promise<Principal> {
    const { gate, pages, keyed, loopbackOnly } = this.#options;
    const given = credentialOf(request);
    if (!given && keyed) throw new ApiError(401, `the API needs a key: ${HOW}`);
    const principal = await gate.admit({ door, peer: peerOf(request), ...given }).catch(toApiError);
    if (principal.proof === "none" || (principal.proof === "loopback" && keyed))
      throw new ApiError(
        401,
        loopbackOnly || keyed
          ? `the API needs a key: ${HOW}`
          : `other machines can reach this server, so the API needs a key: ${SET}, and ${HOW}`,
      );
    const fault = principal.proof === "loopback" ? pages.hostFault(request.headers) : undefined;
    if (fault !== undefined) throw new ApiError(403, `${fault}, or set api.keys and send one`);
    return principal;
  }
}

function toApiError(error: unknown): never {
  throw new ApiError(...REFUSALS[error instanceof Denied ? error.kind : "unavailable"]);
}
