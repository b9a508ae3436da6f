import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { startServer } from "../helpers/server.js";
import { bomb } from "./support/bomb.js";
import { closeCode, FrameBits, frame, openRawWebSocket } from "./support/raw-websocket.js";
import { besiege } from "./support/siege.js";

const MIB = 1024 ** 2;
const COMPRESSED_TEXT = FrameBits.fin | FrameBits.compressed | FrameBits.text;
/** Close codes of WebSockets [RFC 6455, 7.4.1]. */
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

const LARGE = frame(COMPRESSED_TEXT, bomb(1_024));
/** Within gateway.maxFrameSize until it is inflated. */
const SMALL = frame(COMPRESSED_TEXT, bomb(48));

test("frames that expand to a gibibyte are refused at gateway.maxFrameSize", async (t) => {
  assert.ok(SMALL.length < 65_536 && LARGE.length > MIB);
  const server = await startServer(t, { config: { gateway: { compression: {} } } });
  const codes: (number | undefined)[] = [];
  const path = "/connection/websocket";
  const siege = await besiege(t, server, { memory: 96 * MIB }, async () => {
    for (let round = 0; round < 40; round++)
      for (const bytes of [SMALL, LARGE]) {
        const socket = await openRawWebSocket(t, server, { path, deflate: true });
        assert.match(socket.text, /sec-websocket-extensions: permessage-deflate/i);
        socket.socket.write(bytes);
        await socket.closed;
        codes.push(closeCode(socket.text));
      }
  });
  assert.deepEqual(new Set(codes), new Set([TOO_BIG]));
  assert.equal(siege.rise("sessions_opened_total"), codes.length);
  assert.equal(siege.rise("sessions_broken_total"), codes.length);
});

test("compressed frames are refused where no compression was agreed on", async (t) => {
  const server = await startServer(t, { config: { gateway: { compression: {} } } });
  for (const request of [
    { path: "/mqtt", protocol: "mqtt", deflate: true },
    { path: "/connection/websocket", deflate: false },
  ]) {
    const socket = await openRawWebSocket(t, server, request);
    assert.doesNotMatch(socket.text, /sec-websocket-extensions/i);
    socket.socket.write(SMALL);
    await socket.closed;
    assert.equal(closeCode(socket.text), PROTOCOL_ERROR, request.path);
  }
});

test("compressed bodies of requests are not taken", async (t) => {
  const server = await startServer(t);
  const body = gzipSync(`{"topic":"a","data":"${"0".repeat(64 * MIB)}"}`);
  for (const encoding of ["gzip", "deflate", "br", "gzip, gzip"]) {
    const response = await fetch(`${server.httpUrl}/api/v1/publish`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": encoding },
      body,
    });
    assert.equal(response.status, 415, encoding);
    assert.match(await response.text(), /content-encoding/i);
  }
});
