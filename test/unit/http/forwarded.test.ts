import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { AddressRanges } from "../../../src/access/address-ranges.js";
import { type Peer, setPeer } from "../../../src/access/peer.js";
import { forwardedPeer } from "../../../src/http/forwarded.js";

const trusted = new AddressRanges(["10.0.0.0/8", "2001:db8:1::/48"]);
const PROXY = { address: "10.0.0.1", port: 40_000, secure: false };

function from(peer: Peer, headers: Record<string, string>): Peer | undefined {
  const socket = new Socket();
  setPeer(socket, peer);
  const request = new IncomingMessage(socket);
  Object.assign(request.headers, headers);
  return forwardedPeer(request, trusted);
}

const chain = (value: string) => from(PROXY, { "x-forwarded-for": value });

describe("X-Forwarded-For", () => {
  const cases: [header: string, address: string, port: number][] = [
    ["192.0.2.7", "192.0.2.7", 0],
    ["192.0.2.7:5000", "192.0.2.7", 5_000],
    ["2001:db8::7", "2001:db8::7", 0],
    ["[2001:db8::7]", "2001:db8::7", 0],
    ["[2001:db8::7]:5000", "2001:db8::7", 5_000],
    ["::ffff:192.0.2.7", "192.0.2.7", 0],
    ["::ffff:c000:207", "192.0.2.7", 0],
    ["  192.0.2.7  ", "192.0.2.7", 0],
    // What is left of the last stranger anybody could have written.
    ["10.9.9.9, 127.0.0.1, 192.0.2.7", "192.0.2.7", 0],
    ["127.0.0.1, 192.0.2.7, 10.0.0.2, 2001:db8:1::5, ::ffff:10.0.0.3", "192.0.2.7", 0],
    // Proxies only: the first of them has asked by itself.
    ["10.0.0.3, 10.0.0.2", "10.0.0.3", 0],
    // The last that says something that can be understood.
    ["192.0.2.7, unknown, 10.0.0.2", "10.0.0.2", 0],
    ["192.0.2.7, unknown", "10.0.0.1", 40_000],
    ["", "10.0.0.1", 40_000],
    [",", "10.0.0.1", 40_000],
    ["192.0.2.7,", "10.0.0.1", 40_000],
    ["192.0.2.256", "10.0.0.1", 40_000],
    ["192.0.2.7:70000", "10.0.0.1", 40_000],
    ["192.0.2.7:x", "10.0.0.1", 40_000],
    ["fe80::1%eth0", "10.0.0.1", 40_000],
    ["[192.0.2.7", "10.0.0.1", 40_000],
    ["x".repeat(16_000), "10.0.0.1", 40_000],
  ];
  for (const [header, address, port] of cases)
    test(JSON.stringify(header.slice(0, 80)), () =>
      assert.deepEqual(chain(header), { address, port, secure: false }),
    );

  test("of somebody who is no proxy means nothing", () => {
    const stranger = { ...PROXY, address: "192.0.2.9" };
    assert.equal(from(stranger, { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" }), undefined);
  });

  test("is absent in what the proxy asks itself", () => assert.deepEqual(from(PROXY, {}), PROXY));

  test("does not give a client the proxy's certificate", () => {
    const certificate = { user: "proxy", issuer: "", serial: "1", expiresAt: 0 };
    const proxy = { ...PROXY, secure: true, certificate };
    assert.equal(from(proxy, { "x-forwarded-for": "192.0.2.7" })?.certificate, undefined);
    assert.equal(from(proxy, { "x-forwarded-for": "10.0.0.9" })?.certificate, undefined);
    assert.equal(from(proxy, {})?.certificate, certificate);
  });
});

describe("X-Forwarded-Proto", () => {
  const secure = (value: string, proxy: Peer = PROXY) =>
    from(proxy, { "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": value })?.secure;

  test("tells how the client's way to the proxy is", () => {
    assert.deepEqual(
      [secure("https"), secure("HTTPS"), secure("wss"), secure("http, https")],
      [true, true, true, true],
    );
    const overTls = { ...PROXY, secure: true };
    assert.deepEqual(
      [secure("http", overTls), secure("ws", overTls), secure("https, http", overTls)],
      [false, false, false],
    );
  });

  test("is taken for nothing when it says nothing", () => {
    assert.deepEqual([secure(""), secure("ftp")], [false, false]);
    assert.equal(secure("ftp", { ...PROXY, secure: true }), true);
  });
});
