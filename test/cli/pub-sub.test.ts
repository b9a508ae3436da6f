import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileScope } from "../helpers/teardown.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { type BrokerUrls, startBroker } from "./broker.js";
import { Program, run } from "./program.js";
import { startProxy, startServer, startTls } from "./servers.js";
import { Witness } from "./witness.js";

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const NOT_AUTHORIZED = Buffer.from([0x20, 2, 0, 5]);
const PUBLISH = 0x30;
const TIMEOUT = { timeout: 60_000 };

const scope = fileScope();
let broker: BrokerUrls;
before(async () => {
  broker = await startBroker(scope);
});

/** A subscriber that is known to be subscribed: it has written the retained message that was there before it. */
async function subscribed(
  t: test.TestContext,
  topic: string,
  args: string[],
  url = broker.mqtt,
): Promise<Program> {
  const witness = await Witness.connect(t, broker.mqtt);
  await witness.client.publishAsync(topic, "ready", { qos: 1, retain: true });
  const program = new Program(t, ["sub", "--url", url, "-t", topic, ...args]);
  await program.printed("ready");
  return program;
}

describe("pub", { concurrency: 3 }, () => {
  for (const transport of ["mqtt", "ws"] as const) {
    for (const qos of [0, 1, 2]) {
      test(`delivers QoS ${qos} over ${transport}`, TIMEOUT, async (t) => {
        const topic = `pub/${transport}/${qos}`;
        const witness = await Witness.connect(t, broker.mqtt, [topic]);
        const { code, stderr } = await run(t, [
          "pub",
          "--url",
          broker[transport],
          "-t",
          topic,
          "-m",
          "grüß",
          "-q",
          `${qos}`,
        ]);
        assert.equal(stderr, "");
        assert.equal(code, 0);
        const [message] = await witness.messages(1);
        assert.equal(message?.payload.toString(), "grüß");
        assert.equal(message?.qos, qos);
      });
    }
  }

  test("adds /mqtt to a WebSocket URL without a path", TIMEOUT, async (t) => {
    const paths: (string | undefined)[] = [];
    const server = createServer().listen(0, "127.0.0.1");
    server.on("upgrade", (request, socket) => {
      paths.push(request.url);
      socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    });
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await run(t, ["pub", "--url", `ws://127.0.0.1:${port}`, "-t", "a", "-m", "b"]);
    assert.deepEqual(paths, ["/mqtt"]);
    assert.match(
      stderr,
      /^causeway: pub: 127\.0\.0\.1:\d+ answered HTTP status 503: .* not served at \/mqtt; check the path/,
    );
    assert.equal(code, 1);
  });

  test("publishes a file byte for byte", TIMEOUT, async (t) => {
    const directory = await temporaryDirectory(t, "pub");
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    await writeFile(join(directory, "payload"), bytes);
    const witness = await Witness.connect(t, broker.mqtt, ["pub/file"]);
    const { code } = await run(t, [
      "pub",
      "--url",
      broker.mqtt,
      "-t",
      "pub/file",
      "-q",
      "1",
      "-f",
      join(directory, "payload"),
    ]);
    assert.equal(code, 0);
    const [message] = await witness.messages(1);
    assert.ok(message?.payload.equals(bytes));
  });

  test("publishes standard input whole", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt, ["pub/stdin"]);
    const input = Buffer.from([0, 10, 255, 10, 13]);
    await run(t, ["pub", "--url", broker.mqtt, "-t", "pub/stdin", "-s"], input);
    const [message] = await witness.messages(1);
    assert.deepEqual(message?.payload, input);
  });

  for (const qos of [0, 1, 2]) {
    test(`publishes each line of standard input, in order, at QoS ${qos}`, TIMEOUT, async (t) => {
      const witness = await Witness.connect(t, broker.mqtt, [`pub/lines/${qos}`]);
      const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}`);
      const args = ["pub", "--url", broker.mqtt, "-t", `pub/lines/${qos}`, "-l", "-q", `${qos}`, "--json"];
      const { code, stdout } = await run(t, args, lines.join("\r\n"));
      assert.equal(code, 0);
      const bytes = lines.join("").length;
      assert.deepEqual(JSON.parse(stdout.toString()), {
        topic: `pub/lines/${qos}`,
        qos,
        retain: false,
        messages: 2000,
        bytes,
      });
      const messages = await witness.messages(2000);
      assert.deepEqual(
        messages.map(({ payload }) => payload.toString()),
        lines,
      );
    });
  }

  test("retains, and deletes with an empty payload", TIMEOUT, async (t) => {
    await run(t, ["pub", "--url", broker.mqtt, "-t", "pub/retained", "-m", "kept", "-r", "-q", "1"]);
    const first = await Witness.connect(t, broker.mqtt, ["pub/retained"]);
    const [kept] = await first.messages(1);
    assert.deepEqual([kept?.payload.toString(), kept?.retain], ["kept", true]);
    await run(t, ["pub", "--url", broker.mqtt, "-t", "pub/retained", "-n", "-r", "-q", "1"]);
    const second = await Witness.connect(t, broker.mqtt, ["pub/retained", "pub/marker"]);
    await second.client.publishAsync("pub/marker", "m", { qos: 1 });
    assert.deepEqual(
      (await second.messages(1)).map(({ topic }) => topic),
      ["pub/marker"],
    );
  });

  test("says that messages were not acknowledged when the connection goes", TIMEOUT, async (t) => {
    const port = await startServer(t, (chunk) => ((chunk[0] ?? 0) >= PUBLISH ? undefined : CONNACK));
    const { code, stderr } = await run(t, ["pub", "-p", `${port}`, "-t", "pub/lost", "-m", "x", "-q", "1"]);
    assert.match(
      stderr,
      /^causeway: pub: the connection was lost with 1 of 1 messages to "pub\/lost" not acknowledged; .*\n$/,
    );
    assert.equal(code, 1);
  });
});

describe("sub", { concurrency: 3 }, () => {
  for (const transport of ["mqtt", "ws"] as const) {
    test(`writes payloads byte for byte over ${transport}`, TIMEOUT, async (t) => {
      const topic = `sub/raw/${transport}`;
      const program = await subscribed(t, topic, ["-C", "2", "-q", "2"], broker[transport]);
      const witness = await Witness.connect(t, broker.mqtt);
      await witness.client.publishAsync(topic, Buffer.from([0, 255, 10, 128]), { qos: 2 });
      assert.equal(await program.exited(), 0);
      assert.deepEqual(program.stdout, Buffer.from([...Buffer.from("ready\n"), 0, 255, 10, 128, 10]));
      assert.equal(program.stderr, "");
    });
  }

  test("writes topics, from several filters", TIMEOUT, async (t) => {
    const program = await subscribed(t, "sub/v/a", ["-t", "sub/+/b", "-v", "-C", "3"]);
    const witness = await Witness.connect(t, broker.mqtt);
    await witness.client.publishAsync("sub/v/b", "1", { qos: 1 });
    await witness.client.publishAsync("sub/v/c", "not this", { qos: 1 });
    await witness.client.publishAsync("sub/v/a", "2", { qos: 1 });
    assert.equal(await program.exited(), 0);
    assert.equal(program.stdout.toString(), "sub/v/a ready\nsub/v/b 1\nsub/v/a 2\n");
  });

  test("writes JSON lines that lose nothing", TIMEOUT, async (t) => {
    const program = await subscribed(t, "sub/json", ["--json", "-C", "4", "-q", "1"]);
    const witness = await Witness.connect(t, broker.mqtt);
    const payloads = ['{"n":12345678901234567890,\n"s":"a\\nb"}', "21.5 °C", Buffer.from([255, 0])];
    for (const payload of payloads) await witness.client.publishAsync("sub/json", payload, { qos: 1 });
    assert.equal(await program.exited(), 0);
    const lines = program.stdout.toString().trimEnd().split("\n");
    assert.equal(lines.length, 4);
    assert.ok(lines[1]?.includes('"payload":{"n":12345678901234567890, "s":"a\\nb"}'), lines[1]);
    const [ready, object, text, binary] = lines.map((line) => JSON.parse(line));
    const common = { topic: "sub/json", qos: 1, retain: false, dup: false };
    assert.deepEqual({ ...ready, time: 0 }, { ...common, payload: "ready", retain: true, time: 0 });
    assert.equal(object.payload.s, "a\nb");
    assert.deepEqual({ ...text, time: 0 }, { ...common, payload: "21.5 °C", time: 0 });
    assert.deepEqual({ ...binary, time: 0 }, { ...common, payload: "/wA=", encoding: "base64", time: 0 });
    assert.ok(Math.abs(Date.parse(text.time) - Date.now()) < 60_000);
  });

  test("ends with 27 when the time is over", TIMEOUT, async (t) => {
    const { code, stdout } = await run(t, ["sub", "--url", broker.mqtt, "-t", "sub/silent", "-W", "200ms"]);
    assert.equal(code, 27);
    assert.equal(stdout.length, 0);
  });

  test("takes retained messages only, or leaves them out", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt);
    for (const name of ["a", "b"])
      await witness.client.publishAsync(`sub/r/${name}`, name, { qos: 1, retain: true });
    const only = await run(t, ["sub", "--url", broker.mqtt, "-t", "sub/r/+", "--retained-only", "-C", "2"]);
    assert.deepEqual(only.stdout.toString().trim().split("\n").sort(), ["a", "b"]);
    const skip = new Program(t, [
      "sub",
      "--url",
      broker.mqtt,
      "-t",
      "sub/r/+",
      "-t",
      "sub/s",
      "-R",
      "-C",
      "1",
    ]);
    // It leaves out what would show that it is subscribed, so the message is repeated until it arrives.
    const timer = setInterval(() => witness.client.publish("sub/s", "live"), 50);
    assert.equal(await skip.exited(), 0);
    clearInterval(timer);
    assert.equal(skip.stdout.toString(), "live\n");
  });

  test("leaves what it did not write in a kept session", TIMEOUT, async (t) => {
    const args = ["-i", "keeper", "-c", "-q", "1"];
    const program = await subscribed(t, "sub/kept", [...args, "-C", "1"]);
    assert.equal(await program.exited(), 0);
    const witness = await Witness.connect(t, broker.mqtt);
    for (let i = 1; i <= 5; i++) await witness.client.publishAsync("sub/kept", `${i}`, { qos: 1 });
    const outputs: string[] = [];
    for (const count of ["2", "3"]) {
      const again = await run(t, ["sub", "--url", broker.mqtt, "-t", "sub/other", ...args, "-C", count]);
      outputs.push(again.stdout.toString());
    }
    assert.deepEqual(outputs, ["1\n2\n", "3\n4\n5\n"]);
  });

  test("comes back after the connection was cut", TIMEOUT, async (t) => {
    const proxy = await startProxy(t, broker.mqtt);
    const program = await subscribed(t, "sub/cut", ["-C", "2"], `mqtt://127.0.0.1:${proxy.port}`);
    proxy.cut();
    await program.said("connected again");
    // The retained message arrives again with the new subscription.
    assert.equal(await program.exited(), 0);
    assert.match(
      program.stderr,
      /^causeway: sub: the connection was lost; reconnecting\ncauseway: sub: connected again\n$/,
    );
  });

  test("ends quietly when nobody reads its output", TIMEOUT, async (t) => {
    const program = await subscribed(t, "sub/pipe", []);
    program.child.stdout.destroy();
    const witness = await Witness.connect(t, broker.mqtt);
    const timer = setInterval(() => witness.client.publish("sub/pipe", "x"), 20);
    const code = await program.exited();
    clearInterval(timer);
    assert.equal(program.stderr, "");
    assert.equal(code, 0);
  });

  test("ends with 0 on SIGTERM", TIMEOUT, async (t) => {
    const program = await subscribed(t, "sub/term", [
      "--will-topic",
      "sub/term/will",
      "--will-payload",
      "gone",
    ]);
    const witness = await Witness.connect(t, broker.mqtt, ["sub/term/#"]);
    program.child.kill("SIGTERM");
    assert.equal(await program.exited(), 0);
    await witness.client.publishAsync("sub/term/marker", "m", { qos: 1 });
    const live = await witness.messages(1, ({ retain }) => !retain);
    assert.deepEqual(
      live.map(({ topic }) => topic),
      ["sub/term/marker"],
    );
  });

  test("leaves a will when it is killed", TIMEOUT, async (t) => {
    const will = ["--will-topic", "sub/will", "--will-payload", "gone", "--will-qos", "1", "--will-retain"];
    const program = await subscribed(t, "sub/killed", will);
    const witness = await Witness.connect(t, broker.mqtt, ["sub/will"]);
    program.child.kill("SIGKILL");
    const [message] = await witness.messages(1);
    assert.deepEqual([message?.payload.toString(), message?.qos], ["gone", 1]);
  });

  test("trusts a certificate that --ca names, or any with --insecure", TIMEOUT, async (t) => {
    const tls = await startTls(t, broker.mqtt);
    const directory = await temporaryDirectory(t, "ca");
    await writeFile(join(directory, "ca.pem"), tls.ca);
    const url = `mqtts://127.0.0.1:${tls.port}`;
    const refused = await run(t, ["sub", "--url", url, "-t", "sub/tls"]);
    assert.match(
      refused.stderr,
      /^causeway: sub: the certificate of 127\.0\.0\.1:\d+ is not trusted; .*--ca FILE.*--insecure\n$/,
    );
    assert.equal(refused.code, 1);
    for (const trust of [["--ca", join(directory, "ca.pem")], ["--insecure"]]) {
      const program = await subscribed(t, "sub/tls", [...trust, "-C", "1"], url);
      assert.equal(await program.exited(), 0);
    }
  });
});

describe("what goes wrong is told in one line", { concurrency: 3 }, () => {
  const cases: [name: string, args: string[], code: number, line: RegExp][] = [
    [
      "nothing listens",
      ["pub", "-p", "1", "-t", "a", "-m", "b"],
      1,
      /^causeway: pub: nothing listens on 127\.0\.0\.1:1; is the broker running\? Start it with: npm start$/,
    ],
    [
      "nothing listens, WebSocket",
      ["sub", "--url", "ws://127.0.0.1:1", "-t", "a"],
      1,
      /^causeway: sub: nothing listens on 127\.0\.0\.1:1;/,
    ],
    [
      "unknown host",
      ["sub", "--url", "mqtt://nowhere.invalid", "-t", "a"],
      1,
      /^causeway: sub: (unknown host nowhere\.invalid|the name nowhere\.invalid cannot be looked up)/,
    ],
    [
      "wildcard in a topic",
      ["pub", "-t", "a/+", "-m", "b"],
      64,
      /^causeway: pub: --topic "a\/\+": a topic name must not contain the wildcards # and \+$/,
    ],
    [
      "bad filter",
      ["sub", "-t", "a/#/b"],
      64,
      /^causeway: sub: --topic "a\/#\/b": # must be the whole last level/,
    ],
    ["bad will topic", ["sub", "-t", "a", "--will-topic", "#"], 64, /^causeway: sub: --will-topic "#": /],
    ["no payload", ["pub", "-t", "a"], 64, /^causeway: pub: give a payload with --message, /],
    [
      "two payloads",
      ["pub", "-t", "a", "-m", "b", "-n"],
      64,
      /^causeway: pub: give one payload, not --message and --null$/,
    ],
    ["bad QoS", ["sub", "-t", "a", "-q", "3"], 64, /^causeway: sub: --qos must be 0, 1 or 2, not "3"$/],
    [
      "bad URL",
      ["pub", "--url", "localhost:1883", "-t", "a", "-m", "b"],
      64,
      /^causeway: pub: --url must be like mqtt:\/\/HOST:PORT .* not "localhost:1883"$/,
    ],
    [
      "URL and port",
      ["pub", "--url", "mqtt://h", "-p", "1", "-t", "a", "-m", "b"],
      64,
      /^causeway: pub: give either --url or --host and --port$/,
    ],
    [
      "kept session without an id",
      ["sub", "-t", "a", "-c"],
      64,
      /^causeway: sub: --keep-session needs --id$/,
    ],
    [
      "no such file",
      ["pub", "-p", "1", "-t", "a", "--ca", "/nowhere/ca.pem", "-m", "b"],
      64,
      /^causeway: pub: cannot read --ca \/nowhere\/ca\.pem: ENOENT: no such file or directory$/,
    ],
    [
      "bad timeout",
      ["sub", "-t", "a", "-W", "soon"],
      64,
      /^causeway: sub: --timeout must be a duration such as 500ms, 10s, 5m or 1h, not "soon"$/,
    ],
  ];
  for (const [name, args, code, line] of cases) {
    test(name, TIMEOUT, async (t) => {
      const outcome = await run(t, args);
      assert.match(outcome.stderr.trimEnd(), line);
      assert.equal(outcome.stderr.trimEnd().split("\n").length, 1);
      assert.equal(outcome.code, code);
      assert.equal(outcome.stdout.length, 0);
    });
  }

  test("refused by the broker", TIMEOUT, async (t) => {
    const port = await startServer(t, () => NOT_AUTHORIZED);
    const { code, stderr } = await run(t, ["sub", "-p", `${port}`, "-t", "a"]);
    assert.match(
      stderr,
      /^causeway: sub: the broker at 127\.0\.0\.1:\d+ refused the connection: not authorized; give --username and --password .*\n$/,
    );
    assert.equal(code, 1);
  });

  test("closed without an answer", TIMEOUT, async (t) => {
    const port = await startServer(t, () => undefined);
    const { code, stderr } = await run(t, ["pub", "-p", `${port}`, "-t", "a", "-m", "b"]);
    assert.match(
      stderr,
      /^causeway: pub: 127\.0\.0\.1:\d+ closed the connection before it answered .* is an MQTT listener\n$/,
    );
    assert.equal(code, 1);
  });

  test("TLS to a port without it", TIMEOUT, async (t) => {
    const port = await startServer(t, () => "HTTP/1.1 400 Bad Request\r\n\r\n");
    const { code, stderr } = await run(t, [
      "pub",
      "--url",
      `mqtts://127.0.0.1:${port}`,
      "-t",
      "a",
      "-m",
      "b",
    ]);
    assert.match(
      stderr,
      /^causeway: pub: 127\.0\.0\.1:\d+ does not speak TLS; use mqtt:\/\/ or ws:\/\/ .*\n$/,
    );
    assert.equal(code, 1);
  });

  test("an unreadable payload", TIMEOUT, async (t) => {
    const { code, stderr } = await run(t, ["pub", "--url", broker.mqtt, "-t", "a", "-f", "/nowhere/payload"]);
    assert.equal(
      stderr,
      "causeway: pub: cannot read --file /nowhere/payload: ENOENT: no such file or directory\n",
    );
    assert.equal(code, 1);
  });
});
