import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { formatPeer, peerOf, setPeer } from "../access/peer.js";
import { makeReadOnly } from "../access/read-only.js";
import { LimitedLog } from "../log/limited.js";
import { hostName, isLoopbackName } from "./host-name.js";
import { type Metric, table } from "./metric.js";
import { Origins } from "./origins.js";

export interface PagesOptions {
  /** `http.origins` */
  readonly origins: readonly string[];
  /** Only this machine can reach the server, and needs no credentials for it. */
  readonly local: boolean;
  /** The host that the HTTP listener is bound to. */
  readonly host: string;
  readonly log: Logger;
}

/**
 * Where a request comes from. `nowhere`: not from a web page, as far as can be told; `own`: a page of this server; `listed`: one that
 * `http.origins` names; `file`: one that was opened from a file, or says so; `open`: any other that is let through.
 */
export type From = "nowhere" | "own" | "listed" | "file" | "open";

export type Verdict = { readonly from: From } | { readonly error: string };

/** What a page without a library, as one that is tried out from a file, opens. */
const PLAIN = "/v3/";

/** Longer ones are cut in the log and in answers. */
const MAX_SHOWN = 200;

/**
 * Which web pages may use the server. A browser lets any page open a WebSocket to any address that its user can reach, this machine
 * included, and says only from where; so it is for the server to refuse [RFC 6455, 10.2].
 */
export class Pages {
  readonly #origins: Origins;
  readonly #local: boolean;
  readonly #host: string;
  readonly #log: LimitedLog;
  readonly #refused = new Map<string, number>();

  constructor({ origins, local, host, log }: PagesOptions) {
    this.#origins = new Origins(origins);
    this.#local = local;
    this.#host = host.toLowerCase();
    this.#log = new LimitedLog(log);
  }

  /** Where a request comes from, or why it is refused. `path` is the route's, of which there are few. */
  judge(request: IncomingMessage, path: string): Verdict {
    const verdict = this.judgeOrigin(request, path);
    if ("error" in verdict || !this.#local) return verdict;
    // Only a browser can be fooled about a name, and it tells the origin with every upgrade, but not with every request.
    if (verdict.from === "nowhere" && request.headers.upgrade !== undefined) return verdict;
    const fault = this.hostFault(request.headers);
    return fault === undefined ? verdict : this.#refuse(request, path, fault);
  }

  /** The same for those who have to show a credential whatever the Host header says. */
  judgeOrigin(request: IncomingMessage, path: string): Verdict {
    const { headers } = request;
    const from = this.#from(request);
    if (from === undefined || (from === "file" && path !== PLAIN))
      return this.#refuse(request, path, originFault(headers.origin));
    // What a browser brings by itself is for pages that the operator has named, or serves: the cookie of a login, a certificate.
    if (from === "open" || from === "file") {
      delete headers.cookie;
      const { certificate, ...peer } = peerOf(request);
      if (certificate) setPeer(request, peer);
    }
    if (from === "file") makeReadOnly(request);
    return { from };
  }

  /**
   * What is wrong with the Host header where being on this machine is enough. A page of a foreign name that is made to lead to this
   * machine is same-origin with us to its browser, which then lets it do everything; but the Host header still has the foreign name.
   */
  hostFault({ host = "" }: IncomingHttpHeaders): string | undefined {
    const name = hostName(host);
    if (isLoopbackName(name) || name === this.#host) return undefined;
    if (this.#origins.any || this.#origins.hasHost(host)) return undefined;
    return "the Host header is not this machine's: ask at 127.0.0.1 or localhost, or name the host in http.origins";
  }

  metrics(): Metric[] {
    return [
      table(
        "http_pages_refused",
        "Requests of web pages that http.origins does not name, by path.",
        ["path"],
        () => [...this.#refused].map(([path, count]) => [[path], count]),
      ),
    ];
  }

  #from(request: IncomingMessage): From | undefined {
    const { origin } = request.headers;
    if (origin === undefined) return fetchedElsewhere(request.headers) ? undefined : "nowhere";
    const url = /^https?:\/\//.test(origin) && URL.canParse(origin) ? new URL(origin) : undefined;
    if (url && isOwn(url, request)) return "own";
    if (url && this.#origins.names(url)) return "listed";
    if (this.#origins.any) return "open";
    if (!this.#local) return undefined;
    if (isFile(origin)) return "file";
    return url && isLoopbackName(hostName(url.host)) ? "open" : undefined;
  }

  #refuse(request: IncomingMessage, path: string, error: string): Verdict {
    this.#refused.set(path, (this.#refused.get(path) ?? 0) + 1);
    const { origin, host } = request.headers;
    this.#log.warn("a web page was refused: http.origins does not name its origin", {
      path,
      origin: origin?.slice(0, MAX_SHOWN),
      host: host?.slice(0, MAX_SHOWN),
      remote: formatPeer(peerOf(request)),
    });
    return { error };
  }
}

/**
 * Whether the page comes from the address that it asks. Where a proxy ends TLS the page is of https and the request is not; the other way
 * round the page may be anybody's on the way.
 */
function isOwn(origin: URL, request: IncomingMessage): boolean {
  if (origin.protocol === "http:" && peerOf(request).secure) return false;
  const asked = `${origin.protocol}//${request.headers.host ?? ""}`;
  return URL.canParse(asked) && new URL(asked).origin === origin.origin;
}

/**
 * A file that was opened here. Browsers give it the origin `null`, which every page can have, too, by way of a frame without an origin:
 * so nobody can do more with it than read.
 */
function isFile(origin: string): boolean {
  return origin === "null" || origin === "file://";
}

/** What a page embeds comes without an origin; newer browsers say so in another way. A link that somebody follows is no harm. */
function fetchedElsewhere(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  return (site === "cross-site" || site === "same-site") && headers["sec-fetch-dest"] !== "document";
}

function originFault(origin: string | undefined): string {
  const page = origin === undefined ? "pages of other servers" : `pages of ${origin.slice(0, MAX_SHOWN)}`;
  return `${page} may not use this server; name their origin in http.origins to let them`;
}
