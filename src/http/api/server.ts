import { z } from "zod";
import type { Description } from "./operation.js";

/*
 * What the server tells of itself. These are served elsewhere, and described here.
 */

const html = z.string().meta({ description: "HTML." });

const described = {
  tag: "server",
  open: true,
} as const;

export const serverOperations: readonly Description[] = [
  {
    ...described,
    id: "info",
    method: "GET",
    path: "/api/v1/info",
    summary: "What a page needs to know of the server it came from",
    answer: z.object({
      name: z.string(),
      version: z.string(),
      addresses: z
        .record(z.string(), z.string())
        .describe("HOST:PORT of the listeners that are open: `mqtt`, `mqtts`, `http`."),
      mqttChannels: z.boolean().describe("Whether every topic filter is a channel, `mqtt:FILTER`."),
      channels: z.array(z.string()).describe("Channels of the rules that have one name, without captures."),
    }),
    example: {
      answer: {
        name: "causeway",
        version: "0.1.0",
        addresses: { mqtt: "127.0.0.1:1883", http: "127.0.0.1:8080" },
        mqttChannels: true,
        channels: ["telemetry"],
      },
    },
  },
  {
    ...described,
    id: "openapi",
    method: "GET",
    path: "/api/v1/openapi.json",
    summary: "This description, in OpenAPI 3.1",
    answer: z.looseObject({ openapi: z.string() }),
    example: { answer: { openapi: "3.1.0" } },
  },
  {
    ...described,
    id: "docs",
    method: "GET",
    path: "/api/v1/docs",
    summary: "This description, as a page to read",
    answer: html,
    mediaType: "text/html",
    example: { answer: "<!doctype html>" },
  },
  {
    ...described,
    id: "health",
    method: "GET",
    path: "/healthz",
    summary: "Whether the process runs",
    answer: z.object({ status: z.literal("ok") }),
    example: { answer: { status: "ok" } },
  },
  {
    ...described,
    id: "readiness",
    method: "GET",
    path: "/readyz",
    summary: "Whether the server should get traffic",
    answer: z.object({ status: z.literal("ready") }),
    example: { answer: { status: "ready" } },
    errors: { 503: "It should get none now." },
    failure: z.object({ status: z.literal("not ready"), reason: z.string() }),
  },
  {
    ...described,
    id: "metrics",
    method: "GET",
    path: "/metrics",
    summary: "Figures for Prometheus",
    answer: z.string().meta({ description: "The Prometheus text format." }),
    mediaType: "text/plain",
    example: { answer: "causeway_mqtt_clients 12" },
  },
];
