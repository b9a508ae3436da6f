import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileScope } from "../helpers/teardown.js";
import { type Brought, type Credential, credentials } from "./credentials.js";
import { openPlace, PASSWORD } from "./place.js";

/* The doors for servers and people: REST, metrics and the login, with every credential and every kind of call. */

const place = await openPlace(fileScope());

before(async () => {
  for (const topic of ["own/alice/kept", "own/bob/kept", "open/kept", "open/secret/kept"])
    await place.publish(topic, "1", true);
});

/** What each call answers to somebody. */
interface Answers {
  readonly publishOwn: number;
  readonly publishForeign: number;
  readonly read: number;
  readonly manage: number;
  readonly metrics: number;
}

const nobody: Answers = { publishOwn: 401, publishForeign: 401, read: 401, manage: 401, metrics: 401 };
/** Of a user with the scopes `publish` and `read`. */
const user: Answers = { publishOwn: 200, publishForeign: 403, read: 200, manage: 403, metrics: 403 };
const server: Answers = { ...user, publishForeign: 200 };
const collector: Answers = { publishOwn: 403, publishForeign: 403, read: 403, manage: 403, metrics: 200 };
/** The client that it ends is not there. */
const manager: Answers = { publishOwn: 200, publishForeign: 200, read: 200, manage: 404, metrics: 200 };

const byName: Readonly<Record<string, Answers>> = {
  "a key for metrics only": collector,
  "a manager's key": manager,
};

/** The HTTP listener here has no TLS, and so no certificates. */
const tried: readonly Credential[] = [
  ...credentials.filter(({ form }) => form !== "certificate"),
  {
    name: "a manager's key",
    form: "key",
    bring: ({ keys }) => ({ key: keys.manager ?? "" }),
    taken: "server",
  },
];

describe("REST and metrics", () => {
  for (const credential of tried)
    test(credential.name, async () => {
      const brought = await credential.bring(place);
      const { taken } = credential;
      const common = taken === "refused" ? nobody : taken === "server" ? server : user;
      const own = typeof taken === "object" ? taken.user : "alice";
      assert.deepEqual(await answers(headersOf(brought), own), byName[credential.name] ?? common);
    });

  test("a key may come as X-API-Key, too", async () =>
    assert.deepEqual(await answers({ "x-api-key": place.keys.manager ?? "" }, "alice"), manager));

  test("what is retained is shown as far as it may be received", async () => {
    const authorization = basic("alice", PASSWORD);
    const response = await call("GET", "/api/v1/retained?filter=%23", { authorization });
    const { retained } = (await response.json()) as { retained: { topic: string }[] };
    assert.deepEqual(retained.map(({ topic }) => topic).toSorted(), ["open/kept", "own/alice/kept"]);
  });

  test("a refusal does not say why", async () => {
    const bodies = await Promise.all(
      [basic("alice", "wrong"), basic("nobody", "wrong")].map(async (authorization) =>
        (await call("GET", "/api/v1/clients", { authorization })).text(),
      ),
    );
    assert.equal(bodies[0], bodies[1]);
    assert.doesNotMatch(bodies[0] ?? "", /alice|no such account|unknown user|wrong password/i);
  });
});

describe("the login", () => {
  const logIn = (user: string, password: string, headers: Record<string, string> = {}) =>
    call("POST", "/login", { "x-causeway-csrf": "1", ...headers }, { user, password });

  for (const credential of tried.filter(({ form }) => form === "password"))
    test(credential.name, async () => {
      const { password: pair } = await credential.bring(place);
      assert.ok(pair);
      const response = await logIn(...pair);
      const cookie = response.headers.get("set-cookie");
      if (credential.taken !== "refused") {
        assert.equal(response.status, 200);
        assert.match(cookie ?? "", /^causeway_session=/);
        return;
      }
      // A form that is not filled in, or with more than fits, is told so before anybody is asked.
      assert.ok([400, 401, 413].includes(response.status), String(response.status));
      assert.equal(cookie, null);
    });

  for (const credential of tried.filter(({ form }) => form === "token" || form === "key"))
    test(`${credential.name}: neither as the password nor beside a wrong one`, async () => {
      const brought = await credential.bring(place);
      const text = brought.token ?? brought.key ?? "";
      for (const response of [
        await logIn("alice", text),
        await logIn("alice", "wrong", { authorization: `Bearer ${text}`, "x-api-key": text }),
      ]) {
        assert.ok([400, 401, 413, 431].includes(response.status), String(response.status));
        assert.equal(response.headers.get("set-cookie"), null);
      }
    });
});

function headersOf({ password, token, key }: Brought): Record<string, string> {
  if (password) return { authorization: basic(...password) };
  const bearer = token ?? key;
  return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
}

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

async function answers(headers: Record<string, string>, own: string): Promise<Answers> {
  const status = async (method: string, path: string, body?: object) => {
    const response = await call(method, path, headers, body);
    await response.arrayBuffer();
    return response.status;
  };
  return {
    publishOwn: await status("POST", "/api/v1/publish", { topic: `own/${own}/rest`, data: 1 }),
    publishForeign: await status("POST", "/api/v1/publish", { topic: "own/bob/rest", data: 1 }),
    read: await status("GET", "/api/v1/clients"),
    manage: await status("DELETE", "/api/v1/clients/nobody-has-this-one"),
    metrics: await status("GET", "/metrics"),
  };
}

function call(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<Response> {
  return fetch(`${place.server.httpUrl}${path}`, {
    method,
    headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}
