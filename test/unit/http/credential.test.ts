import assert from "node:assert/strict";
import type { IncomingHttpHeaders } from "node:http";
import { test } from "node:test";
import { credentialOf } from "../../../src/http/credential.js";
import { requestOf } from "./support.js";

const proof = { "x-causeway-csrf": "1" };
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

const cases: [IncomingHttpHeaders, object | undefined][] = [
  [{}, undefined],
  [{ authorization: "Bearer abc" }, { token: "abc", key: "abc" }],
  [{ authorization: "bearer  abc " }, { token: "abc", key: "abc" }],
  [{ "x-api-key": "k", authorization: "Bearer abc" }, { key: "k" }],
  [{ "x-api-key": "" }, { key: "" }],
  [{ authorization: basic("ada:pass:word") }, { username: "ada", password: "pass:word" }],
  [{ authorization: basic("ä:ö") }, { username: "ä", password: "ö" }],
  [{ authorization: basic("no colon") }, { key: "" }],
  [{ authorization: "Basic ***" }, { key: "" }],
  [{ authorization: "Bearer" }, { key: "" }],
  [{ authorization: "Digest x" }, { key: "" }],
  [{ authorization: "Bearer a, Bearer b" }, { key: "" }],
  [{ cookie: "causeway_session=c" }, undefined],
  [{ cookie: "a=b; causeway_session=c", ...proof }, { cookie: "c" }],
  [{ cookie: "causeway_session=c; __Host-causeway_session=s", ...proof }, { cookie: "s" }],
  [{ cookie: "causeway_session=c; causeway_session=d", ...proof }, { cookie: "c" }],
  [{ cookie: "xcauseway_session=c; =; causeway_session", ...proof }, undefined],
  [{ cookie: "causeway_session=c", ...proof, "sec-fetch-site": "cross-site" }, undefined],
  [
    { cookie: "causeway_session=c", ...proof, authorization: "Bearer abc" },
    { token: "abc", key: "abc" },
  ],
];
for (const [headers, credential] of cases)
  test(JSON.stringify(headers), () => assert.deepEqual(credentialOf(requestOf(headers)), credential));
