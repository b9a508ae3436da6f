import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { batch } from "../../../src/http/api/batch.js";
import { subscribeUser } from "../../../src/http/api/users.js";
import { RawClient } from "../../channels/support/raw-client.js";
import { startServer } from "../../helpers/server.js";
import { ApiClient } from "./support/api-client.js";

const SECRET = "a secret that tokens are signed with: 0123456789";

test("who may manage cannot have itself subscribed to what it may not read", async (t) => {
  const server = await startServer(t, {
    config: {
      tokens: { secret: SECRET },
      bridge: { channels: [{ channel: "all", topics: ["open/#", "secret/#"] }] },
      rights: { rules: [{ allow: ["subscribe"], users: ["*"], topics: ["open/#"] }] },
    },
  });
  const token = await new SignJWT({
    sub: "mallory",
    scopes: ["manage"],
    exp: Math.floor(Date.now() / 1_000) + 600,
  })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
  const session = await RawClient.open(t, `${server.wsUrl}/connection/websocket`);
  session.command({ id: 1, connect: { token } });
  await session.reply(1);
  const api = new ApiClient(server.httpUrl, { authorization: `Bearer ${token}` });
  const params = { user: "mallory" };
  for (const channel of ["mqtt:secret/#", "mqtt:#", "all"]) {
    const { status } = await api.call(subscribeUser, { params, body: { channel } });
    assert.equal(status, 403, channel);
    const many = await api.call(batch, { body: { commands: [{ subscribe: { ...params, channel } }] } });
    assert.deepEqual((many.body as { results: { status: number }[] }).results[0]?.status, 403, channel);
  }
  const allowed = await api.call(subscribeUser, { params, body: { channel: "mqtt:open/#" } });
  assert.deepEqual(allowed.body, { sessions: 1 });
});
