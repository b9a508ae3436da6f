import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { SignJWT } from "jose";
import { WebSocket } from "ws";
import { type RunningServer, startServer } from "../helpers/server.js";

/* `/v3` with a token for one channel and nothing else: it lets in, and so is told of and held back like every other credential. */

const SECRET = "a secret that tokens are signed with: 0123456789";

function start(t: TestContext): Promise<RunningServer> {
  return startServer(t, { config: { allowAnonymous: false, tokens: { secret: SECRET } } });
}

function tokenFor(channel: string, secret = SECRET): Promise<string> {
  return new SignJWT({ sub: "ann", channel })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(secret));
}

/** The status that the upgrade is answered with. */
async function open(t: TestContext, server: RunningServer, jwt: string): Promise<number | undefined> {
  const channel = encodeURIComponent("mqtt:open/#");
  const socket = new WebSocket(`${server.wsUrl}/v3/${channel}?jwt=${jwt}`);
  t.after(() => socket.terminate());
  socket.on("error", () => undefined);
  return Promise.race([
    once(socket, "open").then(() => 101),
    once(socket, "unexpected-response").then(([, response]) => response.statusCode),
  ]);
}

function audited(server: RunningServer, msg: string, member: string, value: RegExp) {
  return server.logged(
    (line) => line.part === "audit" && line.msg === msg && value.test(String(line[member])),
  );
}

test("the audit tells whom it let in, and who came with one for another channel", async (t) => {
  const server = await start(t);
  assert.equal(await open(t, server, await tokenFor("mqtt:open/#")), 101);
  const { door, proof, credential, remote } = await audited(server, "let in", "user", /^ann$/);
  assert.deepEqual([door, proof], ["v3", "token"]);
  assert.match(String(credential), /tokens\.secret/);
  assert.match(String(remote), /^127\.0\.0\.1:\d+$/);
  assert.equal(await open(t, server, await tokenFor("mqtt:elsewhere")), 403);
  assert.equal((await audited(server, "refused", "reason", /for channel "mqtt:elsewhere"/)).door, "v3");
});

test("where somebody guesses, none is looked at for a while", async (t) => {
  const server = await start(t);
  for (let count = 0; count < 14; count++)
    await open(
      t,
      server,
      await tokenFor("mqtt:open/#", `a guess of as many characters as are needed ${count}`),
    );
  assert.equal(await open(t, server, await tokenFor("mqtt:open/#")), 429);
});
