import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { Logger } from "pino";
import type { z } from "zod";
import { stringify } from "../../json/spliced.js";
import { LimitedLog } from "../../log/limited.js";
import { type Access, type Caller, remoteOf } from "./access.js";
import { JsonBody } from "./body.js";
import { Call, type CallContext } from "./call.js";
import { docsPage } from "./docs-page.js";
import { describeApi } from "./document.js";
import { ApiError, notJson } from "./error.js";
import { describeIssues } from "./issue.js";
import { nothing, type Operation } from "./operation.js";
import { operations } from "./operations.js";
import type { ApiParts, CallParts } from "./parts.js";
import { refuse } from "./refuse.js";
import type { Requests } from "./requests.js";
import { serverOperations } from "./server.js";

export interface ApiOptions {
  readonly parts: ApiParts;
  readonly requests: Requests;
  /** Bytes of a body at most. */
  readonly maxBodySize: number;
  /** Milliseconds that a request may wait for the rest of the server. */
  readonly timeout: number;
  readonly version: string;
}

/** Never kept by anybody. */
const HEADERS = { "cache-control": "no-store" };
/** A body this many times too large is read to its end, and dropped. */
const READ_TO_THE_END = 16;
/** Where request data is, in the words of messages. */
const PARTS: Readonly<Record<string, string>> = { body: "body", querystring: "query", params: "path" };

/** `/api/v1`: the operations and their description. */
export async function apiRoutes(
  app: FastifyInstance,
  options: ApiOptions,
  access: Access,
  log: Logger,
): Promise<void> {
  const context: CallContext = {
    ...options,
    access,
    operations: new Map(operations.map((operation) => [operation.id, operation])),
    log,
    limitedLog: new LimitedLog(log),
  };
  await app.register(async (api) => {
    acceptJsonOnly(api, options.maxBodySize);
    api.setValidatorCompiler(
      ({ schema, httpPart = "" }) =>
        (value) =>
          check(schema as never, httpPart, value),
    );
    api.setErrorHandler((error, request, reply) => {
      const refusal = new Call(context, { remote: remoteOf(request.raw) }).failed(error);
      if (refusal.status === 413) dropRest(request, reply, READ_TO_THE_END * options.maxBodySize);
      return refuse(reply, refusal);
    });
    api.addHook("onSend", async (_request, reply) => options.requests.answer(reply.raw));
    for (const operation of operations) serve(api, operation, context, options.requests);
  });
  describe(app, [...operations, ...serverOperations], options.version);
}

/**
 * A page of another site may post text and forms to any address that its visitor can reach, this machine included, without the
 * browser asking first. JSON it may not, unless we allow it with CORS headers, and there are none.
 */
function acceptJsonOnly(api: FastifyInstance, bodyLimit: number): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit },
    async ({ headers }: FastifyRequest, bytes: Buffer) => {
      const encoding = headers["content-encoding"] ?? "identity";
      // What is compressed may be a thousand times as large as the limit of bodies.
      if (encoding.toLowerCase() !== "identity")
        throw new ApiError(415, "the body must not be compressed: send it without Content-Encoding");
      return JsonBody.parse(bytes);
    },
  );
}

function serve(
  api: FastifyInstance,
  operation: Operation<CallParts>,
  context: CallContext,
  requests: Requests,
): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const { params = nothing, query = nothing, body } = operation;
  api.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ":$1"),
    schema: { params, querystring: query, ...(body ? { body } : {}) } as FastifySchema,
    onRequest: async (request, reply) => {
      reply.headers(HEADERS);
      requests.begin(operation.id, reply.raw);
      // Also while it is decided who asks, since that may take a while.
      requests.checkRoom();
      const caller = await context.access.admit(request.raw);
      context.access.check(caller, operation);
      callers.set(request, caller);
    },
    handler: async (request, reply) => {
      const { params, query, body } = request;
      const { value, text } = body instanceof JsonBody ? body : JsonBody.none;
      if (!operation.body && text !== "")
        throw new ApiError(400, `${operation.method} takes no body; say it in the query`);
      const call = new Call(context, callers.get(request) ?? { remote: remoteOf(request.raw) });
      const answer = await call.run(operation.id, { params, query, body: value, text });
      return reply.type("application/json; charset=utf-8").send(stringify(answer));
    },
  });
}

function check(schema: z.ZodType, httpPart: string, data: unknown): { value: unknown } | { error: Error } {
  const body = httpPart === "body";
  if (body && !(data instanceof JsonBody)) return { error: notJson() };
  const { success, data: value, error } = schema.safeParse(data instanceof JsonBody ? data.value : data);
  if (!success)
    return { error: new ApiError(400, describeIssues(PARTS[httpPart] ?? httpPart, error.issues)) };
  return { value: data instanceof JsonBody ? new JsonBody(value, data.text) : value };
}

/**
 * A client that is still sending when its connection is closed may not see the answer. So the connection stays, and what comes of
 * the body is dropped, until it is too much, or the request has taken too long.
 */
function dropRest({ raw }: FastifyRequest, reply: FastifyReply, most: number): void {
  let dropped = 0;
  reply.removeHeader("connection");
  raw.on("data", (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > most) raw.destroy();
  });
}

/** The description says nothing of this installation that is not the same everywhere, so it takes no key to read it. */
function describe(app: FastifyInstance, described: Parameters<typeof describeApi>[0], version: string): void {
  const description = JSON.stringify(describeApi(described, version));
  const { html, headers } = docsPage(described, version);
  app.get("/api/v1/openapi.json", async (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(description),
  );
  app.get("/api/v1/docs", async (_request, reply) => reply.headers(headers).send(html));
}
