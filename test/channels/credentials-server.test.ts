import assert from "node:assert/strict";
import { test } from "node:test";
import { Centrifuge } from "centrifuge";
import { SignJWT } from "jose";
import { WebSocket } from "ws";
import { startServer } from "../helpers/server.js";
import { connectClient, event } from "./support/client.js";
import { PlainClient, refusalOf } from "./support/plain-client.js";

const SECRET = "a secret that is long enough: 32+";

function sign(claims: object): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ann")
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
}

test("a server with tokens and without anonymous clients lets in by tokens alone", async (t) => {
  const server = await startServer(t, {
    config: {
      allowAnonymous: false,
      tokens: { secret: SECRET },
      bridge: { channels: [{ channel: "c", topics: ["c/#"] }] },
    },
  });
  const base = `ws://${server.addresses.http}`;
  const url = `${base}/connection/websocket`;
  const homeless = new Centrifuge(url, { websocket: WebSocket });
  t.after(() => homeless.disconnect());
  const left = event(homeless, "disconnected");
  homeless.connect();
  assert.equal((await left).code, 1);
  await connectClient(t, url, { getToken: () => sign({}) });
  const forged = new Centrifuge(url, { websocket: WebSocket, token: "forged" });
  t.after(() => forged.disconnect());
  const refused = event(forged, "disconnected");
  forged.connect();
  assert.equal((await refused).code, 3500);
  await PlainClient.open(t, `${base}/v3/c?jwt=${await sign({})}`);
  await PlainClient.open(t, `${base}/v3/c?jwt=${await sign({ channel: "c" })}`);
  assert.equal((await refusalOf(`${base}/v3/c?jwt=${await sign({ channel: "d" })}`)).status, 403);
  assert.equal((await refusalOf(`${base}/v3/c`)).status, 401);
  assert.equal((await refusalOf(`${base}/v3/c?api_key=unknown`)).status, 401);
});
