import { z } from "zod";
import { time } from "./fields.js";
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
    description: "Only the name, where clients need credentials and the request has none.",
    answer: z.object({
      name: z.string(),
      version: z.string().optional(),
      addresses: z
        .record(z.string(), z.string())
        .optional()
        .describe("HOST:PORT of the listeners that are open: `mqtt`, `mqtts`, `http`."),
      mqttChannels: z
        .boolean()
        .optional()
        .describe("Whether every topic filter is a channel, `mqtt:FILTER`."),
      channels: z
        .array(z.string())
        .optional()
        .describe("Channels of the rules that have one name, without captures."),
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
    description:
      "Needs a credential with the scope `metrics` where clients need one, unless `http.openMetrics` is set.",
    answer: z.string().meta({ description: "The Prometheus text format." }),
    mediaType: "text/plain",
    example: { answer: "causeway_mqtt_clients 12" },
    errors: {
      401: "There is no credential, or a wrong one.",
      403: "The credential has not the scope `metrics`.",
      429: "Too many attempts have failed.",
      503: "It cannot be decided now.",
    },
  },
  {
    ...described,
    id: "login",
    method: "POST",
    path: "/login",
    summary: "Log in on the dashboard",
    description:
      "For pages of this server, with `X-Causeway-CSRF: 1`. Sets a cookie by which the page's connections are let in until it ends.",
    body: z.strictObject({ user: z.string().min(1), password: z.string() }),
    answer: z.object({ user: z.string(), expiresAt: time().describe("When the login ends.") }),
    example: {
      body: { user: "ada", password: "the password" },
      answer: { user: "ada", expiresAt: 1_767_268_800_000 },
    },
    errors: {
      401: "The name or the password is wrong.",
      403: "The request is not of a page of this server.",
      404: "The configuration has no accounts.",
      429: "Too many attempts have failed.",
      503: "It cannot be decided now.",
    },
  },
  {
    ...described,
    id: "logout",
    method: "POST",
    path: "/logout",
    summary: "Log out",
    description:
      "For pages of this server, with `X-Causeway-CSRF: 1`. Ends the login of the cookie, and every connection that came in by it.",
    body: z.strictObject({}),
    answer: z.object({}),
    example: { body: {}, answer: {} },
    errors: { 403: "The request is not of a page of this server." },
  },
  {
    ...described,
    id: "session",
    method: "GET",
    path: "/session",
    summary: "Who looks at the dashboard",
    answer: z.object({
      user: z.string().optional().describe("Who has logged in. Absent: nobody."),
      expiresAt: time().optional().describe("When the login ends."),
      anonymous: z.boolean().describe("Whether clients without credentials are let in."),
      login: z.boolean().describe("Whether there are accounts to log in with."),
    }),
    example: { answer: { user: "ada", expiresAt: 1_767_268_800_000, anonymous: false, login: true } },
    errors: { 403: "The request is of a page of another server." },
  },
];
