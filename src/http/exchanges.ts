import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { allow, shareWith } from "./cors.js";
import type { Pages } from "./pages.js";

/** Takes a request over: reads its body and answers it, in its own time. Must not throw. */
export type Exchange = (request: IncomingMessage, response: ServerResponse) => void;

interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly exchange: Exchange;
}

/** Requests that modules answer by themselves, as those whose response goes on for hours. */
export class Exchanges {
  readonly #routes: Route[] = [];

  route(method: Route["method"], path: string, exchange: Exchange): this {
    this.#routes.push({ method, path, exchange });
    return this;
  }

  async attach(app: FastifyInstance, pages: Pages): Promise<void> {
    await app.register(async (scope) => {
      // Bodies stay unread: how much of one is taken, and for what, is the exchange's to say.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
      scope.addHook("onRequest", async (request, reply) => {
        const verdict = pages.judge(request.raw, request.routeOptions.url ?? "");
        if ("error" in verdict) return reply.code(403).send(verdict);
        shareWith(verdict.from, request.raw, reply.raw);
      });
      for (const { method, path, exchange } of this.#routes) {
        scope.route({
          method,
          url: path,
          exposeHeadRoute: false,
          handler: (request, reply) => {
            reply.hijack();
            exchange(request.raw, reply.raw);
          },
        });
        scope.options(path, async (_request, reply) => {
          allow(method, reply.raw);
          return reply.code(204).send();
        });
      }
    });
  }
}
