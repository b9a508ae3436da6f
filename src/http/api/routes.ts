import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { Logger } from "pino";
import type { z } from "zod";
import { stringify } from "../../json/spliced.js";
import { LimitedLog } from "../../log/limited.js";
import { Access, type AccessOptions } from "./access.js";
import { JsonBody } from "./body.js";
import { Call, type CallContext } from "./call.js";
import { docsPage } from "./docs-page.js";
import { describeApi } from "./document.js";
import { ApiError, notJson } from "./error.js";
import { describeIssues } from "./issue.js";
import { nothing, type Operation } from "./operation.js";
import { operations } from "./operations.js";
import type { ApiParts, CallParts } from "./parts.js";
import type { Requests } from "./requests.js";
import { serverOperations } from "./server.js";

export interface ApiOptions extends AccessOptions {
  readonly parts: ApiParts;
  readonly requests: Requests;
  /** Bytes of a body at most. */
  readonly maxBodySize: number;
  /** Milliseconds that a request may wait for the rest of the server. */
  readonly timeout: number;
  readonly version: string;
}

/** Never kept by anybody, and never taken for something else than what they are. */
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
/** A body this many times too large is read to its end, and dropped. */
const READ_TO_THE_END = 16;
/** Where request data is, in the words of messages. */
const PARTS: Readonly<Record<string, string>> = { body: "body", querystring: "query", params: "path" };

/** `/api/v1`: the operations and their description. */
export async function apiRoutes(app: FastifyInstance, options: ApiOptions, log: Logger): Promise<void> {
  const context: CallContext = {
    ...options,
    operations: new Map(operations.map((operation) => [operation.id, operation])),
    log,
    limitedLog: new LimitedLog(log),
  };
  const access = new Access(options);
  await app.register(async (api) => {
    acceptJsonOnly(api, options.maxBodySize);
    api.setValidatorCompiler(
      ({ schema, httpPart = "" }) =>
        (value) =>
          check(schema as never, httpPart, value),
    );
    api.setErrorHandler((error, request, reply) => {
      const refusal = callOf(context, request, "").failed(error);
      if (refusal.status === 413) dropRest(request, reply, READ_TO_THE_END * options.maxBodySize);
      return refuse(reply, refusal);
    });
    api.addHook("onSend", async (_request, reply) => options.requests.answer(reply.raw));
    for (const operation of operations)
      serve(api, operation, { access, context, requests: options.requests });
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
    async (_request: FastifyRequest, bytes: Buffer) => JsonBody.parse(bytes),
  );
}

interface Serving {
  readonly access: Access;
  readonly context: CallContext;
  readonly requests: Requests;
}

function serve(
  api: FastifyInstance,
  operation: Operation<CallParts>,
  { access, context, requests }: Serving,
): void {
  const callers = new WeakMap<FastifyRequest, string>();
  const { params = nothing, query = nothing, body } = operation;
  api.route({
    method: operation.method,
    url: operation.path.replace(/\{(\w+)\}/g, ":$1"),
    schema: { params, querystring: query, ...(body ? { body } : {}) } as FastifySchema,
    onRequest: async (request, reply) => {
      reply.headers(HEADERS);
      requests.begin(operation.id, reply.raw);
      callers.set(request, access.admit(request.headers));
      requests.checkRoom();
    },
    handler: async (request, reply) => {
      const { params, query, body } = request;
      const { value, text } = body instanceof JsonBody ? body : JsonBody.none;
      if (!operation.body && text !== "")
        throw new ApiError(400, `${operation.method} takes no body; say it in the query`);
      const call = callOf(context, request, callers.get(request) ?? "");
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

function callOf(context: CallContext, { raw: { socket } }: FastifyRequest, by: string): Call {
  return new Call(context, { remote: `${socket.remoteAddress}:${socket.remotePort}`, by });
}

function refuse(reply: FastifyReply, error: ApiError): FastifyReply {
  if (error.status === 401) reply.header("www-authenticate", 'Bearer realm="causeway"');
  if (error.status === 429) reply.header("retry-after", "1");
  return reply.code(error.status).send(error.body);
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
