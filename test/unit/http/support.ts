import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import pino from "pino";
import { noAudit } from "../../../src/access/audit.js";
import { Denied } from "../../../src/access/denied.js";
import { Gatekeeper, type GatekeeperOptions } from "../../../src/auth/gatekeeper.js";
import { Logins } from "../../../src/auth/logins.js";
import { Pages, type PagesOptions } from "../../../src/http/pages.js";
import type { HttpAccess } from "../../../src/http/server.js";

const HOUR = 3_600_000;

/** A gate as it is on a machine of its own where nothing is configured. */
export function gateOf(options: Partial<GatekeeperOptions> = {}): Gatekeeper {
  return new Gatekeeper({
    methods: [],
    anonymous: true,
    loopbackOnly: true,
    rights: undefined,
    backoff: { refuses: () => false, failed() {}, succeeded() {} },
    grant: () => Promise.reject(new Denied("credentials", "there are no tokens here")),
    audit: noAudit,
    ...options,
  });
}

export function pagesOf(options: Partial<PagesOptions> = {}): Pages {
  const log = pino({ level: "silent" });
  return new Pages({ origins: [], local: true, host: "127.0.0.1", log, ...options });
}

export function loginsOf(gate: Gatekeeper, lifetime = HOUR, maxSessions = 100): Logins {
  return new Logins({
    lifetime,
    maxSessions,
    stands: (principal) => gate.stands(principal),
    ended: () => gate.changed("credentials"),
  });
}

/** What the HTTP server needs to know of who is let in. */
export function doorOf(gate: Gatekeeper, access: Partial<HttpAccess> = {}) {
  return {
    gate,
    audit: noAudit,
    pages: pagesOf(),
    access: {
      loopbackOnly: true,
      keyed: false,
      openMetrics: true,
      logins: loginsOf(gate),
      offersLogin: false,
      ...access,
    },
  };
}

/** A request as far as who sends it is concerned. */
export function requestOf(headers: IncomingHttpHeaders, encrypted = false): IncomingMessage {
  const socket = { remoteAddress: "127.0.0.1", remotePort: 1, ...(encrypted ? { encrypted } : {}) };
  return { headers, socket } as unknown as IncomingMessage;
}
