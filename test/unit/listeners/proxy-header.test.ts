import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseProxyHeader } from "../../../src/listeners/proxy/header.js";
import { ProxyFault } from "../../../src/listeners/proxy/source.js";

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

function binary(command: number, family: number, block: Buffer): Buffer {
  const fixed = Buffer.from([command, family, block.length >> 8, block.length & 255]);
  return Buffer.concat([SIGNATURE, fixed, block]);
}

function ipv4(...vectors: Buffer[]): Buffer {
  const block = Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0x07, 0x5b]);
  return binary(0x21, 0x11, Buffer.concat([block, ...vectors]));
}

function ipv6(source: string): Buffer {
  return binary(0x21, 0x21, Buffer.from(`${source}${"00".repeat(15)}01dc04075b`, "hex"));
}

function vector(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value]);
}

const sourceOf = (bytes: Buffer) => parseProxyHeader(bytes)?.source;

describe("version 1", () => {
  const text = (line: string) => Buffer.from(`${line}\r\n`, "latin1");

  test("is understood", () => {
    assert.deepEqual(sourceOf(text("PROXY TCP4 192.0.2.7 198.51.100.1 56324 1883")), {
      address: "192.0.2.7",
      port: 56_324,
    });
    assert.deepEqual(sourceOf(text("PROXY TCP6 2001:db8::7 ::1 0 65535")), {
      address: "2001:db8::7",
      port: 0,
    });
    assert.equal(sourceOf(text("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2"))?.address, "192.0.2.7");
  });

  test("may not know", () => {
    for (const line of ["PROXY UNKNOWN", "PROXY UNKNOWN ffff::1 whatever 1 2 3"])
      assert.deepEqual(parseProxyHeader(text(line)), { length: line.length + 2 });
  });

  test("says where what follows begins", () => {
    const header = text("PROXY TCP4 192.0.2.7 198.51.100.1 56324 1883");
    assert.equal(parseProxyHeader(Buffer.concat([header, Buffer.from("\r\nmore")]))?.length, header.length);
  });

  const refused = [
    "PROXY",
    "PROXY ",
    "PROXY TCP4",
    "PROXY TCP5 192.0.2.7 198.51.100.1 56324 1883",
    "PROXY TCP4 192.0.2.7 198.51.100.1 56324",
    "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1883 1",
    "PROXY TCP4  192.0.2.7 198.51.100.1 56324 1883",
    "PROXY TCP4 192.0.2.256 198.51.100.1 56324 1883",
    "PROXY TCP4 192.0.2.7 198.51.100.1 65536 1883",
    "PROXY TCP4 192.0.2.7 198.51.100.1 056324 1883",
    "PROXY TCP4 192.0.2.7 198.51.100.1 -1 1883",
    "PROXY TCP4 2001:db8::7 ::1 56324 1883",
    "PROXY TCP6 192.0.2.7 198.51.100.1 56324 1883",
    "PROXY TCP6 fe80::1%eth0 ::1 56324 1883",
    "proxy TCP4 192.0.2.7 198.51.100.1 56324 1883",
    "GET / HTTP/1.1",
  ];
  for (const line of refused)
    test(`is refused: ${line}`, () => assert.throws(() => parseProxyHeader(text(line)), ProxyFault));

  test("is refused when it does not end in time", () => {
    const long = `PROXY UNKNOWN ${"x".repeat(200)}`;
    assert.equal(parseProxyHeader(Buffer.from(long.slice(0, 106))), undefined);
    assert.throws(() => parseProxyHeader(Buffer.from(long.slice(0, 107))), ProxyFault);
    assert.throws(() => parseProxyHeader(text(long)), ProxyFault);
  });
});

describe("version 2", () => {
  test("is understood", () => {
    assert.deepEqual(sourceOf(ipv4()), { address: "192.0.2.7", port: 56_324, secure: undefined });
    const v6 = sourceOf(ipv6(`20010db8${"00".repeat(11)}07`));
    assert.deepEqual(v6, { address: "2001:db8::7", port: 56_324, secure: undefined });
    assert.equal(sourceOf(ipv6(`${"00".repeat(10)}ffffc0000207`))?.address, "192.0.2.7");
  });

  test("may tell whether the way to the proxy is encrypted, among other things", () => {
    const other = vector(0x04, Buffer.alloc(3));
    const ssl = (client: number) => vector(0x20, Buffer.concat([Buffer.from([client, 0, 0, 0, 0]), other]));
    assert.equal(sourceOf(ipv4(other))?.secure, undefined);
    assert.equal(sourceOf(ipv4(other, ssl(0x01), other))?.secure, true);
    assert.equal(sourceOf(ipv4(ssl(0x00)))?.secure, false);
  });

  test("may speak for the proxy itself, or not know", () => {
    for (const header of [
      binary(0x20, 0x00, Buffer.alloc(0)),
      binary(0x20, 0x11, Buffer.alloc(12)),
      binary(0x21, 0x00, Buffer.alloc(40)),
      binary(0x21, 0x31, Buffer.alloc(216)),
    ])
      assert.deepEqual(parseProxyHeader(header), { length: header.length });
  });

  const refused: [string, Buffer][] = [
    ["version 1 in it", binary(0x11, 0x11, Buffer.alloc(12))],
    ["an unknown command", binary(0x22, 0x11, Buffer.alloc(12))],
    ["datagrams", binary(0x21, 0x12, Buffer.alloc(12))],
    ["an unknown family", binary(0x21, 0x41, Buffer.alloc(12))],
    ["too little for its addresses", binary(0x21, 0x11, Buffer.alloc(11))],
    ["IPv4 addresses called IPv6", binary(0x21, 0x21, Buffer.alloc(12))],
    ["a vector beyond its end", ipv4(Buffer.from([4, 0, 9, 1]))],
    ["half a vector", ipv4(Buffer.from([4, 0]))],
    ["more than anybody sends", binary(0x21, 0x00, Buffer.alloc(4_081))],
  ];
  for (const [what, header] of refused)
    test(`is refused: ${what}`, () => assert.throws(() => parseProxyHeader(header), ProxyFault));

  test("is refused by its length already", () => {
    const header = binary(0x21, 0x00, Buffer.alloc(4_081)).subarray(0, 16);
    assert.throws(() => parseProxyHeader(header), ProxyFault);
  });
});

test("a header in pieces is waited for, and is the same then", () => {
  for (const header of [
    Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 56324 1883\r\n"),
    ipv4(vector(0x20, Buffer.from([1, 0, 0, 0, 0]))),
  ]) {
    for (let length = 0; length < header.length; length++)
      assert.equal(parseProxyHeader(header.subarray(0, length)), undefined, `${length} bytes`);
    assert.equal(parseProxyHeader(Buffer.concat([header, header]))?.length, header.length);
  }
});

test("what cannot become a header is refused at its first wrong byte", () => {
  for (const text of ["\x10", "P ", "PROXX", "\r\n\r\n\r", "\r\n\r\n\0\r\nQUIT\r"])
    assert.throws(() => parseProxyHeader(Buffer.from(text, "latin1")), ProxyFault, JSON.stringify(text));
});

test("no bytes do anything but fail in the way that is known, or mean something within bounds", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % below;
  };
  const seeds = [
    Buffer.from("PROXY TCP6 2001:db8::7 ::1 56324 1883\r\nrest"),
    Buffer.from("PROXY UNKNOWN\r\n"),
    ipv4(vector(0x20, Buffer.from([1, 0, 0, 0, 0])), vector(0x03, Buffer.alloc(4))),
    ipv6("20010db8".padEnd(32, "0")),
  ];
  const seen = { fault: 0, more: 0, header: 0 };
  for (let round = 0; round < 50_000; round++) {
    const bytes = Buffer.from(seeds[random(seeds.length)] ?? SIGNATURE);
    for (let changes = random(4); changes >= 0; changes--) bytes[random(bytes.length)] = random(256);
    const cut = bytes.subarray(0, random(bytes.length + 1));
    try {
      const header = parseProxyHeader(random(2) ? cut : bytes);
      if (!header) seen.more++;
      else {
        seen.header++;
        assert.ok(header.length >= 8 && header.length <= bytes.length);
        if (header.source) assert.match(header.source.address, /^[\da-f:.]+$/i);
      }
    } catch (error) {
      assert.ok(error instanceof ProxyFault, String(error));
      seen.fault++;
    }
  }
  assert.ok(
    Object.values(seen).every((count) => count > 1_000),
    JSON.stringify(seen),
  );
});
