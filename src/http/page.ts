import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** The built dashboard: beside this code when it is built, in dist when it runs from source. */
const CANDIDATES = ["../dashboard", "../../dist/dashboard"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The page loads only what this server has, and connects only to it [CSP level 3]. */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

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
    setHeaders: (response, path) => {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      // Built files have their hash in the name; the page that names them must be fresh.
      response.setHeader(
        "cache-control",
        path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      );
    },
  });
}
