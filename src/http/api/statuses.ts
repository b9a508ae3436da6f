import type { Description } from "./operation.js";

/** What the statuses of errors mean everywhere, with an example of their text. */
const meanings: Readonly<Record<number, readonly [meaning: string, example: string]>> = {
  400: [
    "A key of the request is missing, unknown or wrong; the error names it.",
    'body: there is no key "topik"',
  ],
  401: [
    "There is no credential, or a wrong one.",
    "the API needs a key: send Authorization: Bearer KEY, or X-API-Key: KEY",
  ],
  403: [
    "The credential has not the scope, or the rules do not allow it; without credentials, the server is asked at a foreign name, or by a page of another server.",
    "publish needs a credential with the scope publish",
  ],
  404: ["There is no such thing.", 'topic "a/b": nothing is retained'],
  409: ["As things are it cannot be done.", "not available: the channel keeps no history"],
  413: ["The body is too large.", "the body is too large: api.maxBodySize is the most"],
  415: [
    "The body is not JSON, or it is compressed.",
    "the body must be JSON: send it with Content-Type: application/json",
  ],
  429: [
    "Too much is asked for at once; try again a little later.",
    "256 requests are under way already; try again, with less at a time",
  ],
  500: ["A fault of the server.", "a fault of the server; its log has the cause"],
  503: [
    "The server cannot do it now, as while its disk is full. It may have been done.",
    "not done within 10000 ms, and it may still be; the server's log says what it waits for",
  ],
};

export interface ErrorStatus {
  readonly status: number;
  readonly meaning: string;
  readonly example: string;
}

/** What statuses mean where nothing else is said. */
export function generalStatuses(): ErrorStatus[] {
  return Object.entries(meanings).map(([status, [meaning, example]]) => ({
    status: Number(status),
    meaning,
    example,
  }));
}

/** The error statuses that an operation can be answered with. */
export function errorStatuses({ open, body, errors = {} }: Description): ErrorStatus[] {
  const always = open ? [] : [400, 401, 403, 429, 500, 503];
  const all = new Set([...always, ...(body ? [413, 415] : []), ...Object.keys(errors).map(Number)]);
  return [...all]
    .sort((a, b) => a - b)
    .map((status) => {
      const [meaning = "", example = ""] = meanings[status] ?? [];
      return { status, meaning: errors[status] ?? meaning, example };
    });
}
