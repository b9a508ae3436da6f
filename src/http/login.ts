import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Audit } from "../access/audit.js";
import { sessionCookie } from "../access/cookie.js";
import { type DenialKind, Denied } from "../access/denied.js";
import type { Gate } from "../access/gate.js";
import { formatPeer, peerOf } from "../access/peer.js";
import type { Principal } from "../access/principal.js";
import { ApiError } from "./api/error.js";
import { provesItsPage } from "./credential.js";
import { loginCookie } from "./login-cookie.js";
import type { Logins } from "./logins.js";
import type { Pages } from "./pages.js";

export interface LoginOptions {
  readonly gate: Gate;
  readonly logins: Logins;
  readonly pages: Pages;
  readonly audit: Audit;
  /** Whether there is anything that knows names and passwords. */
  readonly offered: boolean;
}

/** Bytes of a request at most. */
const MAX_BODY = 4 * 1024;
const MAX_NAME = 1_024;

const form = z.strictObject({ user: z.string().min(1).max(MAX_NAME), password: z.string().max(MAX_NAME) });

/** What whoever is not let in reads; never more than a stranger may know. */
const REFUSALS: Readonly<Record<DenialKind, readonly [status: number, error: string]>> = {
  credentials: [401, "the name or the password is wrong"],
  expired: [401, "the account has ended"],
  forbidden: [403, "the account may not be used here"],
  unavailable: [503, "it cannot be decided now who may log in; try again later"],
  backoff: [429, "too many attempts have failed; wait a little and try again"],
};

/** `/login`, `/logout` and `/session`: pages of this server only. */
export async function loginRoutes(app: FastifyInstance, options: LoginOptions): Promise<void> {
  await app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => refuse(reply, error));
    scope.addHook("onRequest", async (request, reply) => {
      reply.header("cache-control", "no-store");
      const verdict = options.pages.judge(request.raw, request.routeOptions.url ?? "");
      if ("error" in verdict) throw new ApiError(403, verdict.error);
      if (request.method === "POST" && (verdict.from === "open" || !provesItsPage(request.headers)))
        throw new ApiError(403, "only a page of this server logs in and out: send X-Causeway-CSRF: 1");
    });
    scope.post("/login", { bodyLimit: MAX_BODY }, (request, reply) => login(options, request, reply));
    scope.post("/logout", { bodyLimit: MAX_BODY }, async (request, reply) => logout(options, request, reply));
    scope.get("/session", { exposeHeadRoute: false }, async (request, reply) =>
      session(options, request, reply),
    );
  });
}

async function login(
  { gate, logins, offered }: LoginOptions,
  { raw, body }: FastifyRequest,
  reply: FastifyReply,
) {
  if (!offered) throw new ApiError(404, "nobody can log in here: the configuration has no accounts");
  const { success, data } = form.safeParse(body);
  if (!success) throw new ApiError(400, 'send {"user": "...", "password": "..."} as JSON');
  const { user: username, password } = data;
  const peer = peerOf(raw);
  const principal = await gate.admit({ door: "login", peer, username, password }).catch(toApiError);
  // Where everybody is let in, a name that nobody knows is nobody's.
  if (principal.user === "") throw new ApiError(...REFUSALS.credentials);
  endOldLogin(logins, raw);
  const { id, expiresAt } = logins.begin(principal);
  const seconds = Math.max(1, Math.floor((expiresAt - Date.now()) / 1_000));
  reply.header("set-cookie", loginCookie(id, seconds, peer.secure));
  return { user: principal.user, expiresAt };
}

function logout({ logins, audit }: LoginOptions, { raw }: FastifyRequest, reply: FastifyReply) {
  const ended = endOldLogin(logins, raw);
  if (ended) {
    const { user, proof, credential } = ended;
    audit.ended({ door: "login", user, proof, credential, remote: formatPeer(peerOf(raw)) });
  }
  reply.header("set-cookie", loginCookie("", 0, peerOf(raw).secure));
  return {};
}

/** What a page needs to know before it connects: who looks at it, and whether it must ask for a name and password. */
function session({ gate, logins, offered }: LoginOptions, { raw }: FastifyRequest, reply: FastifyReply) {
  const { secure } = peerOf(raw);
  const cookie = sessionCookie(raw.headers, secure);
  const principal = cookie === undefined ? undefined : logins.find(cookie);
  // Only what is good is sent again: to the gate an ended login is worse than none.
  if (cookie !== undefined && !principal) reply.header("set-cookie", loginCookie("", 0, secure));
  return {
    ...(principal ? { user: principal.user, expiresAt: principal.expiresAt } : {}),
    anonymous: gate.anonymous,
    login: offered,
  };
}

function endOldLogin(logins: Logins, request: IncomingMessage): Principal | undefined {
  const cookie = sessionCookie(request.headers, peerOf(request).secure);
  return cookie === undefined ? undefined : logins.end(cookie);
}

function toApiError(error: unknown): never {
  throw new ApiError(...REFUSALS[error instanceof Denied ? error.kind : "unavailable"]);
}

function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  const { statusCode } = error as { statusCode?: number };
  const known =
    error instanceof ApiError ? error : new ApiError(statusCode ?? 500, "the request is not in order");
  if (known.status === 429) reply.header("retry-after", "1");
  return reply.code(known.status).send(known.body);
}
