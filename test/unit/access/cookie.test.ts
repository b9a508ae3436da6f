import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionCookie } from "../../../src/access/cookie.js";

test("the login cookie is found among others, and only by its whole name", () => {
  const cases: [header: string | undefined, value: string | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["theme=dark", undefined],
    ["causeway_session=abc", "abc"],
    ["theme=dark; causeway_session=a.b-c_d==; lang=en", "a.b-c_d=="],
    ["xcauseway_session=abc", undefined],
    ["causeway_sessions=abc", undefined],
    ["theme=causeway_session=abc", undefined],
    ["causeway_session=", undefined],
    ["causeway_session", undefined],
    ["causeway_session=first; causeway_session=second", "first"],
  ];
  for (const [cookie, value] of cases) assert.equal(sessionCookie({ cookie }, false), value, cookie);
});

test("over an encrypted way only the name counts that no other host can set", () => {
  assert.equal(sessionCookie({ cookie: "causeway_session=planted" }, true), undefined);
  const both = "causeway_session=planted; __Host-causeway_session=own";
  for (const secure of [true, false]) assert.equal(sessionCookie({ cookie: both }, secure), "own");
  assert.equal(
    sessionCookie({ cookie: "__Host-causeway_session=; causeway_session=planted" }, true),
    undefined,
  );
});
