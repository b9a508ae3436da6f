import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, isLoopback, parseAddress } from "../../../src/config/address.js";

const accepted: [string, string, number, "loopback" | "reachable"][] = [
  ["127.0.0.1:1883", "127.0.0.1", 1883, "loopback"],
  ["127.8.9.10:0", "127.8.9.10", 0, "loopback"],
  ["localhost:80", "localhost", 80, "loopback"],
  ["[::1]:1883", "::1", 1883, "loopback"],
  ["0.0.0.0:1883", "0.0.0.0", 1883, "reachable"],
  ["[::]:1883", "::", 1883, "reachable"],
  ["192.168.1.4:65535", "192.168.1.4", 65535, "reachable"],
  ["[fe80::1%eth0]:1883", "fe80::1%eth0", 1883, "reachable"],
  ["broker.example.org:1883", "broker.example.org", 1883, "reachable"],
  // A name that only looks local is somebody else's.
  ["127.0.0.1.example.org:1883", "127.0.0.1.example.org", 1883, "reachable"],
  ["localhost.example.org:1883", "localhost.example.org", 1883, "reachable"],
];

for (const [text, host, port, reach] of accepted)
  test(`${text} is ${reach}`, () => {
    const address = parseAddress(text);
    assert.ok(address);
    assert.deepEqual(address, { host, port });
    assert.equal(isLoopback(address), reach === "loopback");
    assert.equal(formatAddress(address), text);
  });

const refused = [
  "",
  "1883",
  ":1883",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:65536",
  "127.0.0.1:-1",
  "127.0.0.1:x",
  "127.0.0.256:1883",
  "1.2.3:1883",
  "::1:1883",
  "[::1]",
  "[1.2.3.4]:1883",
  "[::::]:1883",
  "mqtt://127.0.0.1:1883",
  "host name:1883",
];

for (const text of refused)
  test(`${JSON.stringify(text)} is refused`, () => assert.equal(parseAddress(text), undefined));
