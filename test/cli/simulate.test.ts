import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileScope } from "../helpers/teardown.js";
import { type BrokerUrls, startBroker } from "./broker.js";
import { Program, run } from "./program.js";
import { startProxy, startServer } from "./servers.js";
import { type Seen, Witness } from "./witness.js";

const NOT_AUTHORIZED = Buffer.from([0x20, 2, 0, 5]);
const TIMEOUT = { timeout: 60_000 };

const scope = fileScope();
let broker: BrokerUrls;
before(async () => {
  broker = await startBroker(scope);
});

const text = ({ topic, payload }: Seen) => `${topic} ${payload}`;
const ends = (stream: string) => (message: Seen) => message.topic.endsWith(`/${stream}`);
const says = (payload: string) => (message: Seen) => message.payload.toString() === payload;

/** The answers to commands, without their times. */
async function answers(witness: Witness, count: number): Promise<unknown[]> {
  const messages = await witness.messages(count, ({ payload }) => payload.includes('"type":"command"'));
  return messages.map(({ payload }) => {
    const { type: _type, time: _time, ...answer } = JSON.parse(payload.toString());
    return answer;
  });
}

describe("simulate", { concurrency: 3 }, () => {
  for (const transport of ["mqtt", "ws"] as const) {
    test(`publishes what it reports, over ${transport}`, TIMEOUT, async (t) => {
      const prefix = `count-${transport}-`;
      const kinds = ["thermostat", "meter", "weather", "door", "tracker", "pump"];
      const filters = kinds.map((kind) => `devices/${prefix}${kind}-01/#`);
      const witness = await Witness.connect(t, broker.mqtt, filters);
      const args = ["--devices", "6", "--count", "5", "--interval", "50ms", "--prefix", prefix, "--json"];
      const { code, stdout } = await run(t, ["simulate", "--url", broker[transport], ...args]);
      assert.equal(code, 0);
      const report = JSON.parse(stdout.toString().trim().split("\n").at(-1) ?? "");
      await witness.messages(report.published);
      assert.equal(report.acknowledged, report.published);
      assert.deepEqual([report.failed, report.inflight, report.dropped, report.errors], [0, 0, 0, 0]);
      for (const kind of kinds) {
        const own = witness.seen.filter(({ topic }) => topic.startsWith(`devices/${prefix}${kind}-01/`));
        assert.equal(own.filter(ends("telemetry")).length, 5, kind);
        const status = own.filter(ends("status")).map(({ payload }) => payload.toString());
        assert.deepEqual(status, ["online", "offline"], kind);
      }
    });
  }

  test("repeats a run from its seed", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt, ["devices/+/telemetry", "devices/+/events"]);
    const args = [
      "--devices",
      "6",
      "--count",
      "20",
      "--interval",
      "10ms",
      "--speed",
      "6000",
      "--prefix",
      "again-",
      "--json",
    ];
    const runs: string[][] = [];
    for (const seed of ["11", "11", "12"]) {
      const from = witness.seen.length;
      const { stdout } = await run(t, ["simulate", "--url", broker.mqtt, ...args, "--seed", seed]);
      const { published } = JSON.parse(stdout.toString().trim().split("\n").at(-1) ?? "");
      const own = ({ topic }: Seen) => topic.startsWith("devices/again-");
      const statuses = 12;
      const total = runs.flat().length + published - statuses;
      await witness.until((seen) => seen.filter(own).length >= total);
      // Devices run beside each other, and QoS 2 takes longer than QoS 1: the times in the payloads give the order.
      runs.push(witness.seen.slice(from).filter(own).map(text).sort());
    }
    assert.deepEqual(runs[1], runs[0]);
    assert.notDeepEqual(runs[2], runs[0]);
  });

  test("leaves a will for each device when it is killed", TIMEOUT, async (t) => {
    const kinds = ["thermostat", "door", "pump"].map((kind) => `devices/killed-${kind}-01/status`);
    const witness = await Witness.connect(t, broker.mqtt, kinds);
    const args = [
      "--url",
      broker.ws,
      "--devices",
      "3",
      "--kinds",
      "thermostat,door,pump",
      "--prefix",
      "killed-",
    ];
    const program = new Program(t, ["simulate", ...args]);
    await witness.messages(3, says("online"));
    program.child.kill("SIGKILL");
    const offline = await witness.messages(3, says("offline"));
    assert.deepEqual(offline.map(({ topic }) => topic).sort(), [...kinds].sort());
  });

  test("signs its devices off on SIGTERM", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt, [
      "devices/term-door-01/#",
      "devices/term-door-02/#",
    ]);
    const args = [
      "--url",
      broker.mqtt,
      "--devices",
      "2",
      "--kinds",
      "door",
      "--prefix",
      "term-",
      "--interval",
      "100ms",
      "--json",
    ];
    const program = new Program(t, ["simulate", ...args]);
    await witness.messages(2, ends("telemetry"));
    program.child.kill("SIGTERM");
    assert.equal(await program.exited(), 0);
    await witness.messages(2, says("offline"));
    const report = JSON.parse(program.stdout.toString().trim().split("\n").at(-1) ?? "");
    assert.deepEqual([report.connected, report.acknowledged, report.inflight], [0, report.published, 0]);
  });

  test("obeys commands and answers bad ones", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt, ["devices/cmd-thermostat-01/#"]);
    const args = ["--devices", "1", "--kinds", "thermostat", "--prefix", "cmd-", "--interval", "1h"];
    new Program(t, ["simulate", "--url", broker.mqtt, ...args]);
    await witness.messages(1, says("online"));
    await witness.messages(1, ends("telemetry"));
    const send = (payload: string | Buffer, retain = false) =>
      witness.client.publishAsync("devices/cmd-thermostat-01/commands", payload, { qos: 1, retain });
    await send('{"target":23.5,"id":"a"}');
    await send('{"target":99}');
    await send('{"dance":true}');
    await send(Buffer.from([0xff, 0x00]));
    // It brings the next measurement, an hour away, within reach.
    await send('{"interval":0.1}');
    assert.deepEqual(await answers(witness, 5), [
      { id: "a", command: "target", ok: true, value: 23.5 },
      { command: "target", ok: false, error: "target must be a number from 5 to 35" },
      {
        command: "dance",
        ok: false,
        error: "unknown command; this device has target, relay, interval, reboot",
      },
      { ok: false, error: 'a command must be a JSON object such as {"interval":5}' },
      { command: "interval", ok: true, value: 0.1 },
    ]);
    const [, measured] = await witness.messages(2, ends("telemetry"));
    assert.equal(JSON.parse(measured?.payload.toString() ?? "").target, 23.5);
  });

  test("reboots: offline, and online again", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt, ["devices/boot-pump-01/#"]);
    const args = ["--devices", "1", "--kinds", "pump", "--prefix", "boot-", "--interval", "100ms"];
    new Program(t, ["simulate", "--url", broker.ws, ...args]);
    await witness.messages(1, says("online"));
    await witness.client.publishAsync("devices/boot-pump-01/commands", '{"reboot":true}', { qos: 1 });
    await witness.messages(2, says("online"));
    const [boot] = await witness.messages(2, ({ payload }) => payload.includes('"type":"boot"'));
    assert.equal(boot?.qos, 1);
    const status = witness.seen.filter(ends("status")).map(({ payload }) => payload.toString());
    assert.deepEqual(status, ["online", "offline", "online"]);
    assert.deepEqual(await answers(witness, 1), [{ command: "reboot", ok: true, value: true }]);
  });

  for (const transport of ["mqtt", "ws"] as const) {
    test(`comes back after its connections were cut, over ${transport}`, TIMEOUT, async (t) => {
      const proxy = await startProxy(t, broker[transport]);
      const prefix = `cut-${transport}-`;
      const witness = await Witness.connect(t, broker.mqtt, [
        `devices/${prefix}meter-01/#`,
        `devices/${prefix}meter-02/#`,
      ]);
      const url = new URL(broker[transport]);
      url.port = `${proxy.port}`;
      const args = ["--devices", "2", "--kinds", "meter", "--interval", "50ms", "--prefix", prefix, "--json"];
      const program = new Program(t, ["simulate", "--url", url.href, ...args]);
      await witness.messages(2, says("online"));
      await witness.messages(2, ends("telemetry"));
      proxy.cut();
      // Measurements that follow its will show that a device is back.
      const back = (seen: readonly Seen[], id: string) => {
        const own = seen.filter(({ topic }) => topic.startsWith(`devices/${id}/`));
        const lost = own.findIndex(says("offline"));
        return lost !== -1 && own.slice(lost).some(ends("telemetry"));
      };
      await witness.until((seen) => back(seen, `${prefix}meter-01`) && back(seen, `${prefix}meter-02`));
      program.child.kill("SIGINT");
      assert.equal(await program.exited(), 0);
      const report = JSON.parse(program.stdout.toString().trim().split("\n").at(-1) ?? "");
      assert.equal(report.reconnects, 2);
      assert.ok(report.skipped >= 2, "the world went on meanwhile");
      assert.equal(report.published, report.acknowledged + report.failed);
    });
  }

  test("waits for room at the bound of messages on their way, and loses none", TIMEOUT, async (t) => {
    const witness = await Witness.connect(t, broker.mqtt, ["devices/full-weather-01/telemetry"]);
    const args = [
      "--devices",
      "1",
      "--kinds",
      "weather",
      "--prefix",
      "full-",
      "--interval",
      "1ms",
      "--qos",
      "2",
    ];
    const bound = ["--max-inflight", "1", "--count", "300", "--json"];
    const { code, stdout } = await run(t, ["simulate", "--url", broker.mqtt, ...args, ...bound]);
    assert.equal(code, 0);
    const report = JSON.parse(stdout.toString().trim().split("\n").at(-1) ?? "");
    assert.deepEqual([report.acknowledged, report.failed], [report.published, 0]);
    const messages = await witness.messages(300);
    const times = messages.map(({ payload }) => JSON.parse(payload.toString()).time);
    assert.deepEqual(times, [...new Set(times)].sort());
    assert.deepEqual(new Set(messages.map(({ qos }) => qos)), new Set([2]));
  });

  const faults: [name: string, args: string[], code: number, line: RegExp][] = [
    [
      "nothing listens",
      ["-p", "1"],
      1,
      /^causeway: simulate: nothing listens on 127\.0\.0\.1:1; is the broker running\?/m,
    ],
    [
      "nothing listens, WebSocket",
      ["--url", "ws://127.0.0.1:1"],
      1,
      /^causeway: simulate: nothing listens on 127\.0\.0\.1:1;/m,
    ],
    [
      "unknown kind",
      ["--kinds", "door,toaster"],
      64,
      /^causeway: simulate: --kinds "toaster" is not one of thermostat, meter,/,
    ],
    ["bad prefix", ["--prefix", "a/#"], 64, /^causeway: simulate: --prefix must be up to 40 letters/],
    [
      "bad interval",
      ["--interval", "0s"],
      64,
      /^causeway: simulate: --interval must be a duration above zero, not "0s"$/m,
    ],
  ];
  for (const [name, args, code, line] of faults) {
    test(`says in one line: ${name}`, TIMEOUT, async (t) => {
      const outcome = await run(t, ["simulate", ...args]);
      assert.match(outcome.stderr, line);
      assert.equal(outcome.code, code);
    });
  }

  test("gives up when the broker lets no device in", TIMEOUT, async (t) => {
    const port = await startServer(t, () => NOT_AUTHORIZED);
    const { code, stderr } = await run(t, ["simulate", "-p", `${port}`, "--wait"]);
    assert.match(
      stderr,
      /^causeway: simulate: the broker at 127\.0\.0\.1:\d+ refused the connection: not authorized; /m,
    );
    assert.equal(code, 1);
  });
});
