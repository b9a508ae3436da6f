import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { PAGE_POLICY } from "./security-headers.js";

/** The built dashboard: beside this code when it is built, in dist when it runs from source. */
const CANDIDATES = ["../dashboard", "../../dist/dashboard"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Serves the dashboard at `/`. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const root = CANDIDATES.find((path) => existsSync(`${path}/index.html`));
  if (!root) {
    app.get("/", async (_request, reply) =>
      reply.code(503).send({ error: "the dashboard is not built; run: npm run build" }),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root,
    index: "index.html",
    list: false,
    dotfiles: "ignore",
    setHeaders: (response, path) => {
      response.setHeader("content-security-policy", PAGE_POLICY);
      // Built files have their hash in the name; the page that names them must be fresh.
      response.setHeader(
        "cache-control",
        path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      );
    },
  });
}
