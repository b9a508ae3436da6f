import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { makeCertificate } from "../../../src/cli/certificate.js";
import { ConfigError } from "../../../src/config/fault.js";
import { loadConfig } from "../../../src/config/load.js";
import { printConfig } from "../../../src/config/print.js";
import type { ConfigInput } from "../../../src/config/schema.js";

/** What is wrong with the values, as `path: message`. */
function faultsOf(flags: ConfigInput): string[] {
  try {
    loadConfig({ env: {}, flags });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe("a listener that other machines reach", () => {
  test("is refused while there are no accounts", () =>
    assert.deepEqual(faultsOf({ listen: { mqtt: "0.0.0.0:1883" } }), [
      "listen.mqtt: 0.0.0.0:1883 is reachable from other machines and nothing says who is to be let in; " +
        "set accounts.file (causeway passwd makes one), allowAnonymous: true to let anyone in, or bind to 127.0.0.1",
    ]));

  test("is refused for HTTP too, since MQTT over WebSocket is there", () =>
    assert.match(
      faultsOf({ listen: { http: "[::]:8080" } })[0] ?? "",
      /^listen\.http: \[::\]:8080 is reachable/,
    ));

  test("is let through once anonymous clients are wanted", () =>
    assert.deepEqual(
      faultsOf({ allowAnonymous: true, listen: { mqtt: "0.0.0.0:1883", http: "[::]:8080" } }),
      [],
    ));

  test("stays refused when they are not", () =>
    assert.equal(faultsOf({ allowAnonymous: false, listen: { mqtt: "10.0.0.1:1883" } }).length, 2));

  test("does not count while it is not opened", () =>
    assert.deepEqual(faultsOf({ listen: { mqtts: "0.0.0.0:8883" } }), []));
});

describe("two listeners on one port", () => {
  const taken = (mqtt: string, http: string) => faultsOf({ allowAnonymous: true, listen: { mqtt, http } });

  for (const [mqtt, http] of [
    ["127.0.0.1:9000", "127.0.0.1:9000"],
    ["127.0.0.1:9000", "localhost:9000"],
    ["0.0.0.0:9000", "127.0.0.1:9000"],
    ["127.0.0.1:9000", "[::]:9000"],
  ] as const)
    test(`${mqtt} and ${http} are refused`, () =>
      assert.deepEqual(taken(mqtt, http), [
        `listen.http: ${http} is taken by listen.mqtt; give each listener a port of its own`,
      ]));

  for (const [mqtt, http] of [
    ["127.0.0.1:9000", "127.0.0.1:9001"],
    ["127.0.0.1:9000", "127.0.0.2:9000"],
    ["127.0.0.1:0", "127.0.0.1:0"],
  ] as const)
    test(`${mqtt} and ${http} are fine`, () => assert.deepEqual(taken(mqtt, http), []));
});

test("a pong has to come before the next ping", () => {
  assert.deepEqual(faultsOf({ gateway: { pingInterval: "5s", pongTimeout: "5s" } }), [
    "gateway.pongTimeout: 5s is not shorter than gateway.pingInterval (5s); " +
      "a client must have answered before the next ping",
  ]);
  assert.deepEqual(faultsOf({ gateway: { pingInterval: "5s", pongTimeout: "4999ms" } }), []);
});

test("draining has to be over before stopping is given up", () => {
  assert.deepEqual(faultsOf({ drain: { window: "10s" } }), [
    "drain.window: 10s is not shorter than shutdownTimeout (10s); sessions that are told to go last need time to end",
  ]);
  assert.equal(faultsOf({ shutdownTimeout: "3s" }).length, 1);
  assert.deepEqual(faultsOf({ drain: { window: "9999ms" } }), []);
  assert.deepEqual(faultsOf({ drain: { window: 0 }, shutdownTimeout: 0 }), []);
});

describe("the certificate and its key", () => {
  async function files(t: TestContext) {
    const directory = mkdtempSync(join(tmpdir(), "causeway-tls-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const write = (name: string, text: string) => {
      const file = join(directory, name);
      writeFileSync(file, text);
      return file;
    };
    const made = await makeCertificate(["localhost"], new Date(Date.now() + 86_400_000));
    return { directory, write, cert: write("cert.pem", made.cert), key: write("key.pem", made.key) };
  }

  test("are accepted when they belong together", async (t) => {
    const { cert, key } = await files(t);
    assert.deepEqual(faultsOf({ tls: { cert, key } }), []);
  });

  test("open one more listener, which the other checks then see", async (t) => {
    const { cert, key } = await files(t);
    assert.match(
      faultsOf({ tls: { cert, key }, listen: { mqtts: "0.0.0.0:8883" } })[0] ?? "",
      /^listen\.mqtts: 0\.0\.0\.0:8883 is reachable/,
    );
    assert.match(
      faultsOf({ tls: { cert, key }, listen: { mqtts: "127.0.0.1:1883" } })[0] ?? "",
      /^listen\.mqtts: 127\.0\.0\.1:1883 is taken by listen\.mqtt;/,
    );
  });

  test("are refused when the key is another's", async (t) => {
    const { cert, write } = await files(t);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = write("other.pem", privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    assert.deepEqual(faultsOf({ tls: { cert, key } }), [
      `tls.key: ${JSON.stringify(key)} is not the key of the certificate in ${JSON.stringify(cert)}`,
    ]);
  });

  test("are refused, both at once, when they are missing", async (t) => {
    const { directory } = await files(t);
    const faults = faultsOf({ tls: { cert: join(directory, "no"), key: directory } });
    assert.match(faults[0] ?? "", /^tls\.cert: ".*" is no file \(looked for from the working directory\)/);
    assert.match(faults[1] ?? "", /^tls\.key: ".*" is a directory; name the file in it$/);
  });

  test("are refused when they are swapped, or are no PEM", async (t) => {
    const { cert, key, write } = await files(t);
    const swapped = faultsOf({ tls: { cert: key, key: cert } });
    assert.match(swapped[0] ?? "", /^tls\.cert: ".*key\.pem" holds no certificate in PEM form$/);
    assert.match(swapped[1] ?? "", /^tls\.key: ".*cert\.pem" holds no private key in PEM form$/);
    const noise = write("noise.pem", "not a certificate\n");
    assert.equal(faultsOf({ tls: { cert: noise, key: noise } }).length, 2);
  });

  test("are refused when the key is encrypted", async (t) => {
    const { cert, write } = await files(t);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const encrypted = privateKey.export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "x",
    });
    const key = write("encrypted.pem", encrypted.toString());
    assert.match(
      faultsOf({ tls: { cert, key } })[0] ?? "",
      /^tls\.key: ".*encrypted\.pem" is encrypted; decrypt it/,
    );
  });
});

describe("the other files of tls", () => {
  async function files(t: TestContext) {
    const directory = mkdtempSync(join(tmpdir(), "causeway-tls-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const write = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const made = await makeCertificate(["localhost"], new Date(Date.now() + 86_400_000));
    const pair = { cert: write("cert.pem", made.cert), key: write("key.pem", made.key) };
    return { write, pair, ca: write("ca.pem", made.ca), no: join(directory, "no") };
  }
  const paths = (tls: object) =>
    faultsOf({ tls } as never).map((fault) => fault.slice(0, fault.indexOf(":")));

  test("are judged at the start, each by its own key", async (t) => {
    const { pair, no } = await files(t);
    const bad = { cert: no, key: no };
    assert.deepEqual(
      paths({
        ...pair,
        names: [
          { names: ["a"], ...pair },
          { names: ["b"], ...bad },
        ],
        listeners: { mqtts: bad, http: { ...pair, cert: no } },
        clients: { mqtts: { ca: no }, http: { ca: no } },
      }),
      [
        "tls.names[1].cert",
        "tls.names[1].key",
        "tls.listeners.mqtts.cert",
        "tls.listeners.mqtts.key",
        "tls.clients.mqtts.ca",
        "tls.listeners.http.cert",
        "tls.clients.http.ca",
      ],
    );
  });

  test("of authorities and revocations have to hold such", async (t) => {
    const { pair, ca, write } = await files(t);
    const clients = (mqtts: object) => faultsOf({ tls: { ...pair, clients: { mqtts } } } as never);
    assert.deepEqual(clients({ ca }), []);
    assert.match(
      clients({ ca: pair.cert })[0] ?? "",
      /^tls\.clients\.mqtts\.ca: ".*" holds a certificate that is no authority's/,
    );
    assert.match(
      clients({ ca, crl: ca })[0] ?? "",
      /^tls\.clients\.mqtts\.crl: ".*" holds no revocation list/,
    );
    const noise = write("noise", "noise");
    assert.match(clients({ ca: noise })[0] ?? "", /^tls\.clients\.mqtts\.ca: ".*" holds no certificate/);
  });

  test("for a listener without TLS are a mistake", async (t) => {
    const { pair, ca } = await files(t);
    assert.deepEqual(paths({ ...pair, http: false, listeners: { http: pair }, clients: { http: { ca } } }), [
      "tls.listeners.http",
      "tls.clients.http",
    ]);
  });
});

test("behind a proxy nobody is taken for this machine", () =>
  assert.match(
    faultsOf({ proxies: { trusted: ["::1"] } })[0] ?? "",
    /^proxies\.trusted: others come in through/,
  ));

test("proxies are named, and reach listeners that are open", () => {
  assert.deepEqual(
    faultsOf({
      allowAnonymous: true,
      proxies: { trusted: ["10.0.0.0/8", "::1"], protocol: ["mqtt", "http"] },
    }),
    [],
  );
  assert.match(
    faultsOf({ allowAnonymous: true, proxies: { trusted: ["::1", "10.0.0.0/33"] } })[0] ?? "",
    /^proxies\.trusted\[1\]: "10\.0\.0\.0\/33" /,
  );
  assert.match(
    faultsOf({ allowAnonymous: true, proxies: { protocol: ["http"] } })[0] ?? "",
    /^proxies\.protocol: http would take .* nobody/,
  );
  assert.match(
    faultsOf({ allowAnonymous: true, proxies: { trusted: ["::1"], protocol: ["mqtts"] } })[0] ?? "",
    /^proxies\.protocol: mqtts is not opened without tls\.cert/,
  );
});

describe("webhooks", () => {
  const valid = {
    name: "ops",
    url: "https://example.org/hook?a=b",
    secret: "0123456789abcdef",
    events: ["channel.occupied" as const],
  };
  const faults = (...webhooks: object[]) =>
    faultsOf({ webhooks: webhooks.map((one) => ({ ...valid, ...one })) });

  test("are accepted, with messages and without", () =>
    assert.deepEqual(
      faults({}, { name: "two", url: "http://[::1]:8080", events: ["message"], topics: ["a/+", "#"] }),
      [],
    ));

  for (const [what, part, fault] of [
    ["a name with a blank", { name: "a b" }, /^webhooks\[0\]\.name: "a b" is not letters, digits/],
    [
      "another protocol",
      { url: "ftp://example.org" },
      /^webhooks\[0\]\.url: .* is not an http:\/\/ or https/,
    ],
    ["no URL", { url: "example.org/hook" }, /^webhooks\[0\]\.url: /],
    ["a password in the URL", { url: "https://a:b@example.org" }, /without user name and password/],
    ["a short secret", { secret: "hunter2" }, /^webhooks\[0\]\.secret: the value \(not shown\) is not/],
    ["no event", { events: [] }, /^webhooks\[0\]\.events: /],
    ["an unknown event", { events: ["client.gone"] }, /^webhooks\[0\]\.events\[0\]: /],
    [
      "messages of no topic",
      { events: ["message"] },
      /^webhooks\[0\]\.topics: missing; the event "message" needs/,
    ],
    [
      "topics and no messages",
      { topics: ["a"] },
      /^webhooks\[0\]\.topics: of no use without the event "message"/,
    ],
    [
      "a bad filter",
      { events: ["message"], topics: ["a", "b/#/c"] },
      /^webhooks\[0\]\.topics\[1\]: "b\/#\/c": # must/,
    ],
    ["pauses upside down", { retry: { min: "10s", max: "1s" } }, /^webhooks\[0\]\.retry\.max: 1s is shorter/],
  ] as const)
    test(`are refused with ${what}`, () => {
      const found = faults(part);
      assert.equal(found.length, 1, found.join());
      assert.match(found[0] ?? "", fault);
      assert.doesNotMatch(found[0] ?? "", /hunter2/);
    });

  test("have a name each", () =>
    assert.deepEqual(faults({}, { name: "two" }, {}), ["webhooks[2].name: another webhook is named ops"]));

  test("do not show their secrets when the configuration is printed", () => {
    const { config } = loadConfig({
      env: {},
      flags: { webhooks: [{ ...valid, events: [...valid.events] }] },
    });
    assert.doesNotMatch(printConfig(config), /0123456789abcdef/);
  });
});
