import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AddressLimits } from "../../../src/access/address-limits.js";
import { AddressRanges, faultOfRange } from "../../../src/access/address-ranges.js";
import { networkOf } from "../../../src/access/network.js";

describe("connections of one address at a time", () => {
  test("are bounded, and make room when they end", () => {
    const limits = new AddressLimits({ connectionsPerAddress: 2 });
    assert.equal(limits.enter("192.0.2.7"), undefined);
    assert.equal(limits.enter("192.0.2.7"), undefined);
    assert.equal(limits.enter("192.0.2.7"), "address_connections");
    assert.equal(limits.enter("192.0.2.8"), undefined);
    limits.leave("192.0.2.7");
    assert.equal(limits.enter("192.0.2.7"), undefined);
    assert.equal(limits.enter("192.0.2.7"), "address_connections");
    assert.deepEqual(limits.refused, { address_connections: 2, address_rate: 0 });
  });

  test("leave nothing behind", () => {
    const limits = new AddressLimits({ connectionsPerAddress: 2 });
    for (let host = 0; host < 100; host++) limits.enter(`192.0.2.${host}`);
    assert.equal(limits.tracked, 100);
    for (let host = 0; host < 100; host++) limits.leave(`192.0.2.${host}`);
    assert.equal(limits.tracked, 0);
  });

  test("count IPv6 by its first 64 bits", () => {
    const limits = new AddressLimits({ connectionsPerAddress: 1 });
    assert.equal(limits.enter("2001:db8:0:1::1"), undefined);
    assert.equal(limits.enter("2001:db8:0:1:ffff::2"), "address_connections");
    assert.equal(limits.enter("2001:db8:0:2::1"), undefined);
  });
});

describe("new connections of one address", () => {
  test("may come twelve seconds' worth at once, then at the rate", () => {
    let now = 0;
    const limits = new AddressLimits({ connectRate: 2 }, () => now);
    const open = () => {
      const excess = limits.enter("192.0.2.7");
      if (!excess) limits.leave("192.0.2.7");
      return excess;
    };
    for (let count = 0; count < 24; count++) assert.equal(open(), undefined);
    assert.equal(open(), "address_rate");
    now += 500;
    assert.equal(open(), undefined);
    assert.equal(open(), "address_rate");
    now += 60_000;
    for (let count = 0; count < 24; count++) assert.equal(open(), undefined);
    assert.equal(open(), "address_rate");
    assert.equal(limits.refused.address_rate, 3);
    limits.close();
  });

  test("may be one at least, however low the rate", () => {
    const limits = new AddressLimits({ connectRate: 1 / 86_400 }, () => 0);
    assert.equal(limits.enter("192.0.2.7"), undefined);
    assert.equal(limits.enter("192.0.2.7"), "address_rate");
    limits.close();
  });

  test("that go on in one that is counted are none", () => {
    const limits = new AddressLimits({ connectRate: 1 / 86_400 }, () => 0);
    for (let count = 0; count < 10; count++)
      assert.equal(limits.enter("192.0.2.7", { isNew: false }), undefined);
    limits.close();
  });

  test("are forgotten once the address may open as many as any other", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    let now = 0;
    const limits = new AddressLimits({ connectRate: 1 }, () => now);
    limits.enter("192.0.2.7");
    limits.enter("192.0.2.8");
    limits.leave("192.0.2.7");
    t.mock.timers.tick(10_000);
    assert.equal(limits.tracked, 2, "one is connected, and of the other something is used up");
    now += 1_000;
    t.mock.timers.tick(10_000);
    assert.equal(limits.tracked, 1);
    limits.leave("192.0.2.8");
    now += 20_000;
    t.mock.timers.tick(10_000);
    assert.equal(limits.tracked, 0);
  });

  test("of very many addresses take bounded memory", () => {
    const limits = new AddressLimits({ connectRate: 1 }, () => 0);
    for (let net = 0; net < 70_000; net++) {
      const address = `2001:db8:${(net >> 16).toString(16)}:${(net & 0xffff).toString(16)}::1`;
      assert.equal(limits.enter(address), undefined);
      limits.leave(address);
    }
    assert.equal(limits.tracked, 65_536);
    limits.close();
  });
});

test("without limits nothing is remembered", () => {
  const limits = new AddressLimits({});
  for (let count = 0; count < 1_000; count++) assert.equal(limits.enter("192.0.2.7"), undefined);
  limits.leave("192.0.2.7");
  assert.equal(limits.tracked, 0);
});

test("what counts as one address", () => {
  const cases = [
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0DB8:0:0001:2:3:4:5", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
    ["unknown", "unknown"],
  ] as const;
  for (const [address, network] of cases) assert.equal(networkOf(address), network);
});

test("addresses and ranges", () => {
  const ranges = new AddressRanges(["192.0.2.7", "10.0.0.0/8", "2001:db8::/32"]);
  for (const address of ["192.0.2.7", "10.255.0.1", "2001:db8:ffff::1", "::ffff:10.0.0.1"])
    assert.equal(ranges.has(address), true, address);
  for (const address of ["192.0.2.8", "11.0.0.1", "2001:db9::1", "unknown", ""])
    assert.equal(ranges.has(address), false, address);
  assert.equal(new AddressRanges([]).has("127.0.0.1"), false);
  for (const range of [
    "10.0.0.0/33",
    "10.0.0/8",
    "::/129",
    "10.0.0.1/",
    "10.0.0.0/8/8",
    "fe80::1%eth0",
    ":::",
  ])
    assert.match(faultOfRange(range) ?? "", /^".*" /, range);
  assert.equal(faultOfRange("fd00::/8"), undefined);
});
