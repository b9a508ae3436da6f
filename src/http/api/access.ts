import type { IncomingHttpHeaders } from "node:http";
import { isIPv4 } from "node:net";
import { SecretKeys } from "../secret-keys.js";
import { ApiError } from "./error.js";

export interface AccessOptions {
  /** Any of them lets in. */
  readonly keys: readonly string[];
  /** Whether only this machine can reach the server: then it may do without keys. */
  readonly loopbackOnly: boolean;
  /** The host that the HTTP listener is bound to. */
  readonly host: string;
}

/** Decides who may use the API. */
export class Access {
  readonly #keys: SecretKeys;
  readonly #loopbackOnly: boolean;
  readonly #host: string;

  constructor({ keys, loopbackOnly, host }: AccessOptions) {
    this.#keys = new SecretKeys(keys);
    this.#loopbackOnly = loopbackOnly;
    this.#host = host.toLowerCase();
  }

  /** What the request was let in by, for the log. */
  admit(headers: IncomingHttpHeaders): string {
    if (this.#keys.size > 0) return this.#byKey(keyOf(headers));
    if (!this.#loopbackOnly)
      throw new ApiError(401, "other machines can reach this server, so the API needs a key: set api.keys");
    this.#checkHost(headers.host);
    return "loopback";
  }

  #byKey(key: string | undefined): string {
    if (key === undefined)
      throw new ApiError(401, "the API needs a key: send Authorization: Bearer KEY, or X-API-Key: KEY");
    const place = this.#keys.indexOf(key);
    if (place === -1) throw new ApiError(401, "the key is none of api.keys");
    return `api.keys[${place}]`;
  }

  /**
   * A page of a foreign name that is made to lead to this machine is same-origin with us to its browser, which then lets it do
   * everything. The Host header still has the foreign name.
   */
  #checkHost(host: string | undefined): void {
    const [, name = ""] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::\d{1,5})?$/.exec(host ?? "") ?? [];
    if (this.#isOwn(name.replace(/^\[(.*)\]$/, "$1").toLowerCase())) return;
    throw new ApiError(
      403,
      "the Host header is not this machine's: ask at 127.0.0.1 or localhost, or set api.keys and send one",
    );
  }

  #isOwn(name: string): boolean {
    if (name === "localhost" || name === "::1" || name === this.#host) return true;
    return isIPv4(name) && name.startsWith("127.");
  }
}

function keyOf({ authorization, "x-api-key": key }: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  return bearer ?? (typeof key === "string" ? key : undefined);
}
