import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { inScope } from "../access/scope.js";
import type { Admission } from "./admission.js";
import { ApiError, toApiError } from "./api/error.js";
import { refuse } from "./api/refuse.js";
import type { Distribution, Metric, Series, Table } from "./metric.js";

export type MetricSources = readonly Metric[];

const PREFIX = "causeway_";

/** `/metrics` in the Prometheus text format: the modules' own figures and those of the process. To everybody without `admission`. */
export function metricsRoute(
  app: FastifyInstance,
  sources: MetricSources,
  admission: Admission | undefined,
): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const metric of sources) register(registry, metric);
  app.get("/metrics", async ({ raw }, reply) => {
    const refusal = admission && (await refusalOf(admission, raw));
    if (refusal) return refuse(reply, refusal);
    reply.header("content-type", registry.contentType);
    return registry.metrics();
  });
}

async function refusalOf(admission: Admission, request: IncomingMessage): Promise<ApiError | undefined> {
  try {
    const { scopes } = await admission.admit(request, "metrics");
    if (inScope(scopes, "metrics")) return undefined;
    return new ApiError(403, "the credential has not the scope metrics");
  } catch (error) {
    return toApiError(error) ?? new ApiError(500, "a fault of the server");
  }
}

function register(registry: Registry, metric: Metric): void {
  if (metric.type === "histogram") {
    registry.registerMetric(distribution(metric) as never);
    return;
  }
  if (metric.type === "table") {
    registerTable(registry, metric);
    return;
  }
  const options = {
    name: PREFIX + metric.name,
    help: metric.help,
    registers: [registry],
    labelNames: metric.label ? [metric.label] : [],
  };
  // The figures are kept by the modules as plain numbers, which cost nothing to count; they are copied on request.
  if (metric.type === "gauge") {
    const gauge = new Gauge({
      ...options,
      collect: () => copy(metric, (labels, value) => gauge.set(labels, value)),
    });
    return;
  }
  const counter = new Counter({
    ...options,
    collect: () => {
      counter.reset();
      copy(metric, (labels, value) => counter.inc(labels, value));
    },
  });
}

function registerTable(registry: Registry, { name, help, labels, rows }: Table): void {
  const counter = new Counter({
    name: PREFIX + name,
    help,
    registers: [registry],
    labelNames: [...labels],
    collect: () => {
      counter.reset();
      for (const [values, value] of rows())
        counter.inc(Object.fromEntries(labels.map((label, place) => [label, values[place] ?? ""])), value);
    },
  });
}

function copy(metric: Series, write: (labels: Record<string, string>, value: number) => void): void {
  const read = metric.read();
  if (typeof read === "number") write({}, read);
  else for (const [key, value] of Object.entries(read)) write({ [metric.label ?? "kind"]: key }, value);
}

/** A metric of the registry whose buckets are counted already; its own `Histogram` only observes values one by one. */
function distribution({ name, help, read }: Distribution) {
  const full = PREFIX + name;
  const get = async () => {
    const { bounds, counts, sum, count } = read();
    const buckets = counts.map((value, place) => ({
      metricName: `${full}_bucket`,
      labels: { le: bounds[place] ?? "+Inf" },
      value,
    }));
    const totals = [
      { metricName: `${full}_sum`, labels: {}, value: sum },
      { metricName: `${full}_count`, labels: {}, value: count },
    ];
    return { name: full, help, type: "histogram", aggregator: "sum", values: [...buckets, ...totals] };
  };
  return { name: full, get };
}
