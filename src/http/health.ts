import type { FastifyInstance } from "fastify";

/** Why the process should get no traffic now, or undefined when it may. */
export type HealthProbe = () => string | undefined;

/** `/healthz`: the process runs. `/readyz`: it should get traffic; 503 with the reason while it should not. */
export function healthRoutes(app: FastifyInstance, probe: HealthProbe): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const reason = probe();
    return reason === undefined ? { status: "ready" } : reply.code(503).send({ status: "not ready", reason });
  });
}
