import type { IncomingMessage } from "node:http";
import type { Audit } from "../../access/audit.js";
import type { Gate } from "../../access/gate.js";
import { formatPeer, peerOf } from "../../access/peer.js";
import type { Principal } from "../../access/principal.js";
import type { Rights } from "../../access/rights.js";
import { inScope } from "../../access/scope.js";
import type { Admission } from "../admission.js";
import type { Pages } from "../pages.js";
import { ApiError } from "./error.js";
import type { Description } from "./operation.js";

/** Who calls. */
export interface Caller {
  /** For the log. */
  readonly remote: string;
  /** Undefined while it is not known. */
  readonly principal?: Principal | undefined;
  /** What the rules say that it may do with topics and channels; undefined: everything. */
  readonly rights?: Rights | undefined;
}

export interface AccessOptions {
  readonly gate: Gate;
  readonly admission: Admission;
  readonly pages: Pages;
  readonly audit: Audit;
}

/** What pages of other origins are counted under. */
const PATH = "/api/v1/";

/** Decides who may use the API. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Rejects with {@link ApiError}. */
  async admit(request: IncomingMessage): Promise<Caller> {
    const { gate, admission, pages } = this.#options;
    const verdict = pages.judgeOrigin(request, PATH);
    if ("error" in verdict) throw new ApiError(403, verdict.error);
    const principal = await admission.admit(request, "rest");
    return { remote: remoteOf(request), principal, rights: gate.rightsOf(principal, "") };
  }

  /** Throws unless the caller's credential is good for the operation. */
  check({ principal }: Caller, { id, scope }: Pick<Description, "id" | "scope">): void {
    if (scope === undefined || (principal && inScope(principal.scopes, scope))) return;
    throw new ApiError(403, `${id} needs a credential with the scope ${scope}`);
  }

  /** Something was changed that somebody has to answer for. */
  changed({ remote, principal }: Caller, what: string): void {
    const { user, proof, credential } = principal ?? {};
    this.#options.audit.changed({ door: "rest", user, proof, credential, remote, what });
  }
}

export function remoteOf(request: IncomingMessage): string {
  return formatPeer(peerOf(request));
}
