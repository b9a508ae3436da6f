import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import fastify, { type RouteOptions } from "fastify";
import pino from "pino";
import { AddressLimits } from "../../../src/access/address-limits.js";
import { AddressRanges } from "../../../src/access/address-ranges.js";
import { descriptions } from "../../../src/http/api/operations.js";
import type { ApiParts } from "../../../src/http/api/parts.js";
import { Requests } from "../../../src/http/api/requests.js";
import { Exchanges } from "../../../src/http/exchanges.js";
import { registerRoutes } from "../../../src/http/server.js";
import { Upgrades } from "../../../src/http/upgrades.js";
import { openPage } from "../../dashboard/browser.js";
import { startServer } from "../../helpers/server.js";
import { doorOf, gateOf } from "../../unit/http/support.js";

const server = await startServer({ after });

interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: object };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly { name: string; in: string; description?: string; required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<string, { readonly description: string; readonly content: Content }>;
}

type Content = Record<string, { readonly schema: { $ref?: string }; readonly example?: unknown }>;

async function description(): Promise<OpenApi> {
  const response = await fetch(`${server.httpUrl}/api/v1/openapi.json`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  return (await response.json()) as OpenApi;
}

test("the description is OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate((await description()) as never);
  assert.ok(valid, JSON.stringify(errors, null, 1));
  assert.equal(validator.version, "3.1");
});

test("whatever it refers to is there, and everything is described", async () => {
  const { paths, components } = await description();
  const references = new Set(JSON.stringify(paths).match(/#\/components\/schemas\/\w+/g));
  for (const reference of references)
    assert.ok(reference.slice("#/components/schemas/".length) in components.schemas, reference);
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const about = `${method} ${path}`;
      assert.ok(operation.summary && operation.tags.length === 1, about);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const { parameters = [], requestBody, responses } = operation;
      assert.deepEqual(
        parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name),
        named,
        about,
      );
      for (const parameter of parameters) {
        assert.ok(parameter.description, `${about}: ${parameter.name}`);
        assert.ok(parameter.required || parameter.in === "query", `${about}: ${parameter.name}`);
      }
      if (method === "post") assert.ok(requestBody?.content["application/json"]?.example, about);
      for (const [status, { description, content }] of Object.entries(responses)) {
        assert.ok(description, `${about}: ${status}`);
        assert.equal(Object.keys(content).length, 1, `${about}: ${status}`);
      }
      if (operation.security?.length === 0) continue;
      for (const status of ["200", "400", "401", "403", "429", "500", "503"])
        assert.ok(status in responses, `${about}: ${status}`);
    }
});

test("every example is one that the server takes, and answers", () => {
  for (const { id, example, params, query, body, answer } of descriptions) {
    const fails = (schema: typeof answer | undefined, value: unknown) =>
      schema && !schema.safeParse(value).success;
    assert.ok(!fails(params, example.params), `${id}: path`);
    assert.ok(!fails(query, example.query ?? {}), `${id}: query`);
    assert.ok(!fails(body, example.body), `${id}: body`);
    assert.deepEqual(answer.parse(example.answer), example.answer, `${id}: answer`);
  }
});

test("every route is described, and every description has its route", async () => {
  const app = fastify();
  const routes: string[] = [];
  app.addHook("onRoute", ({ method, url }: RouteOptions) => {
    if (method !== "HEAD") routes.push(`${method} ${url.replace(/:(\w+)/g, "{$1}")}`);
  });
  // Nothing is asked of them here, only which routes they have.
  const parts = { topics: {}, histories: {}, presences: {}, users: {}, clients: [] } as unknown as ApiParts;
  await registerRoutes(app, {
    ...doorOf(gateOf()),
    health: () => undefined,
    info: () => ({ name: "", version: "", addresses: {}, mqttChannels: false, channels: [] }),
    metrics: [],
    api: {
      parts,
      requests: new Requests(),
      maxBodySize: 1_024,
      timeout: 1_000,
      version: "1.2.3",
    },
    upgrades: new Upgrades(),
    exchanges: new Exchanges(),
    handshakeTimeout: 1_000,
    idleTimeout: 1_000,
    entry: { trusted: new AddressRanges([]), limits: new AddressLimits({}) },
    log: pino({ level: "silent" }),
  });
  await app.close();
  // The dashboard's files are no part of the API.
  const own = routes.filter((route) => !["GET /", "HEAD,GET /*"].includes(route));
  assert.deepEqual(own.toSorted(), descriptions.map(({ method, path }) => `${method} ${path}`).sort());
});

test("what is described is what is served", async () => {
  const { paths } = await description();
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods)) {
      const url = server.httpUrl + path.replace(/\{\w+\}/g, "x");
      const answer = await (await fetch(url, { method: method.toUpperCase() })).text();
      assert.doesNotMatch(answer, /^\{"error":"nothing at /, `${method} ${path}`);
    }
});

test("the page shows all of it under a policy that lets in nothing else", async (t) => {
  const { page, errors } = await openPage(t, `${server.httpUrl}/api/v1/docs`);
  const response = await page.reload();
  const policy = response?.headers()["content-security-policy"] ?? "";
  assert.match(policy, /^default-src 'none'; style-src 'sha256-/);
  assert.doesNotMatch(policy, /unsafe|http|\*/);
  const { paths } = await description();
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  assert.equal(await page.locator("details").count(), operations.length);
  for (const { operationId } of operations) assert.equal(await page.locator(`#${operationId}`).count(), 1);
  await page.locator("#publish summary").click();
  assert.ok(await page.locator("#publish").getByText("curl").isVisible());
  // The style applies: what is closed is closed, and code looks like code.
  assert.ok(!(await page.locator("#broadcast").getByText("curl").isVisible()));
  const font = await page
    .locator("#publish pre")
    .first()
    .evaluate((element) => getComputedStyle(element).fontFamily);
  assert.match(font, /monospace/);
  assert.deepEqual(errors, []);
  await page.getByRole("link", { name: "openapi.json" }).click();
  assert.equal(new URL(page.url()).pathname, "/api/v1/openapi.json");
});
