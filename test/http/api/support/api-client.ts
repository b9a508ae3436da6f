import assert from "node:assert/strict";
import type { z } from "zod";
import type { ErrorBody } from "../../../../src/http/api/error.js";
import type { Description } from "../../../../src/http/api/operation.js";
import { publish } from "../../../../src/http/api/publish.js";
import { errorStatuses } from "../../../../src/http/api/statuses.js";

/** What stands in a request. A body that is a text goes out as it is. */
export interface Request {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Headers;
}

/** A client of the API that holds every answer against the description. */
export class ApiClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  async call(
    described: Description,
    { params = {}, query = {}, body, headers = {} }: Request = {},
  ): Promise<Answer> {
    const path = described.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? ""));
    const search = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
    );
    const response = await fetch(`${this.#url}${path}${search.size > 0 ? `?${search}` : ""}`, {
      method: described.method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...this.#headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, body: JSON.parse(text), text, headers: response.headers };
    assertDescribed(described, answer);
    return answer;
  }

  /** The same where it must succeed; gives the body. */
  async done<Schema extends z.ZodType>(
    described: Description & { readonly answer: Schema },
    request: Request = {},
  ): Promise<z.output<Schema>> {
    const { status, text } = await this.call(described, request);
    assert.equal(status, 200, `${described.id}: ${text}`);
    return described.answer.parse(JSON.parse(text));
  }

  /** The same where it must be refused with this status and text. */
  async refused(
    described: Description,
    status: number,
    error: RegExp,
    request: Request = {},
  ): Promise<ErrorBody & Pick<Answer, "headers">> {
    const { body, headers, ...answer } = await this.call(described, request);
    assert.equal(answer.status, status, `${described.id}: ${answer.text}`);
    assertError(body);
    assert.match(body.error, error);
    return { ...body, headers };
  }

  async publish(body: object | string): Promise<void> {
    await this.done(publish, { body });
  }
}

function assertDescribed(described: Description, { status, body, headers }: Answer): void {
  assert.match(headers.get("content-type") ?? "", /^application\/json; charset=utf-8/);
  if (status === 200) {
    // What the schema does not know it leaves out.
    assert.deepEqual(described.answer.parse(body), body);
    return;
  }
  const statuses = errorStatuses(described).map((known) => known.status);
  assert.ok(statuses.includes(status), `${described.id} may not be answered with ${status}`);
  assertError(body);
}

/** That a body is that of an error. */
export function assertError(body: unknown): asserts body is ErrorBody {
  const { error, code, ...rest } = body as { error: unknown; code?: unknown };
  assert.ok(typeof error === "string" && error.length > 10 && error.length < 1_000, JSON.stringify(body));
  assert.ok(code === undefined || Number.isInteger(code));
  assert.deepEqual(rest, {});
}
