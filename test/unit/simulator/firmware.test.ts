import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Firmware, type FirmwareOptions, type Message } from "../../../devices/simulator/firmware.js";
import { type Kind, kinds } from "../../../devices/simulator/kinds.js";

const START = Date.UTC(2026, 0, 15, 8);
const DAY = 86_400_000;

const boot = (kind: Kind, options: Partial<FirmwareOptions> = {}) =>
  new Firmware({ id: `${kind}-01`, kind, seed: 5, start: START, interval: 10_000, speed: 1, ...options });
const read = ({ payload }: Message) => JSON.parse(payload) as Record<string, unknown>;
const command = (firmware: Firmware, value: unknown) =>
  firmware.obey(Buffer.from(JSON.stringify(value)), false);

/** Everything that a device sends in that many measurements. */
function live(firmware: Firmware, measurements: number) {
  const messages = Array.from({ length: measurements }, () => firmware.measure()).flat();
  const of = (stream: string) => messages.filter(({ topic }) => topic.endsWith(`/${stream}`));
  return { messages, telemetry: of("telemetry").map(read), events: of("events") };
}

const numbers = (telemetry: Record<string, unknown>[], field: string) =>
  telemetry.map((fields) => Number(fields[field]));
const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;

for (const kind of kinds) {
  describe(kind, () => {
    test("sends the same for the same seed, and other for another", () => {
      const first = live(boot(kind), 500).messages;
      assert.deepEqual(live(boot(kind), 500).messages, first);
      assert.notDeepEqual(live(boot(kind, { seed: 6 }), 500).messages, first);
    });

    test("measures plain values at any pace", () => {
      for (const [interval, speed] of [
        [1, 1],
        [1000, 1],
        [60_000, 60],
        [DAY, 1],
      ] as const) {
        for (const fields of live(boot(kind, { interval, speed }), 300).telemetry) {
          for (const [name, value] of Object.entries(fields))
            assert.ok(["number", "boolean", "string"].includes(typeof value), `${name} is ${value}`);
        }
      }
    });

    test("sends telemetry with QoS 0, events with 1, alarms and readings with 2", () => {
      const { messages } = live(boot(kind, { interval: 60_000 }), 3000);
      for (const message of messages) {
        const { type } = read(message);
        const expected = type === undefined ? 0 : type === "alarm" || type === "reading" ? 2 : 1;
        assert.equal(message.qos, expected, message.payload);
        assert.equal(message.retain, false);
      }
    });

    test("goes on where it was after a pause", () => {
      const firmware = boot(kind);
      firmware.skip(3 * DAY);
      const [message] = firmware.measure();
      assert.equal(message && read(message).time, new Date(START + 3 * DAY + 10_000).toISOString());
    });
  });
}

test("the clock of a device is its own", () => {
  const times = live(boot("meter", { interval: 2000, speed: 30 }), 3).telemetry.map(({ time }) => time);
  assert.deepEqual(times, [
    "2026-01-15T08:01:00.000Z",
    "2026-01-15T08:02:00.000Z",
    "2026-01-15T08:03:00.000Z",
  ]);
});

test("an override takes the place of every QoS but the status's", () => {
  const firmware = boot("meter", { qos: 2, interval: 60_000 });
  assert.deepEqual(new Set(live(firmware, 50).messages.map(({ qos }) => qos)), new Set([2]));
  assert.deepEqual(firmware.status(false), {
    topic: "devices/meter-01/status",
    payload: "offline",
    qos: 1,
    retain: true,
  });
});

test("a room cools without heating, and follows its target with it", () => {
  const firmware = boot("thermostat", { interval: 60_000 });
  const [low, high] = range(numbers(live(firmware, 1440).telemetry, "temperature"));
  assert.ok(low > 15 && high < 25, `${low} to ${high}`);
  command(firmware, { relay: "off" });
  const cold = live(firmware, 1440);
  assert.ok(Number(cold.telemetry.at(-1)?.temperature) < 12, "cold after a winter day");
  command(firmware, { relay: "auto", target: 26 });
  const warm = numbers(live(firmware, 1440).telemetry.slice(-60), "temperature");
  assert.ok(Math.min(...warm) > 20, `${range(warm)}`);
});

test("frost raises an alarm once, and clears it once", () => {
  const firmware = boot("thermostat", { interval: 60_000 });
  command(firmware, { relay: "off" });
  const alarms = (measurements: number) =>
    live(firmware, measurements)
      .events.map(read)
      .filter(({ type }) => type === "alarm");
  assert.deepEqual(
    alarms(3 * 1440)
      .slice(0, 1)
      .map(({ alarm, active }) => [alarm, active]),
    [["frost", true]],
  );
  command(firmware, { relay: "on" });
  const cleared = alarms(1440).filter(({ active }) => active === false);
  assert.equal(cleared.length, 1);
});

test("a meter only counts up, and by what flows", () => {
  const { telemetry, events } = live(boot("meter"), 8640);
  const energy = numbers(telemetry, "energy");
  for (const [index, value] of energy.entries()) assert.ok(index === 0 || value >= Number(energy[index - 1]));
  const used = Number(energy.at(-1)) - Number(energy[0]);
  const flowed = numbers(telemetry.slice(1), "power").reduce(
    (sum, watts) => sum + (watts * 10) / 3_600_000,
    0,
  );
  assert.ok(Math.abs(used - flowed) < 0.01, `${used} counted, ${flowed} flowed`);
  assert.ok(used > 3 && used < 60, `${used} kWh in a day`);
  assert.equal(events.map(read).filter(({ type }) => type === "reading").length, 1440);
});

test("a meter that is switched off passes nothing", () => {
  const firmware = boot("meter");
  command(firmware, { relay: "off" });
  assert.deepEqual(range(numbers(live(firmware, 100).telemetry, "power")), [0, 0]);
});

test("a locked door stays shut", () => {
  const firmware = boot("door");
  const opened = live(firmware, 8640)
    .events.map(read)
    .filter(({ type }) => type === "opened").length;
  assert.ok(opened > 50, `${opened} times in a day`);
  command(firmware, { lock: true });
  live(firmware, 1);
  assert.equal(
    live(firmware, 8640)
      .events.map(read)
      .filter(({ type }) => type === "opened").length,
    0,
  );
});

test("a van keeps to its speed limit and near its depot", () => {
  const firmware = boot("tracker", { interval: 1000 });
  const { telemetry } = live(firmware, 20_000);
  assert.ok(Math.max(...numbers(telemetry, "speed")) < 52);
  const [south, north] = range(numbers(telemetry, "latitude"));
  assert.ok(south > 48.15 && north < 48.27, `${south} to ${north}`);
  assert.ok(Number(telemetry.at(-1)?.odometer) > 20, "it drove");
  command(firmware, { maxSpeed: 10 });
  assert.ok(Math.max(...numbers(live(firmware, 2000).telemetry.slice(60), "speed")) < 12);
});

test("a pump shakes more as it wears, until the alarm, and less after its repair", () => {
  const { telemetry, events } = live(boot("pump", { interval: 60_000 }), 20_000);
  const alarms = events.map(read).filter(({ alarm }) => alarm === "vibration");
  assert.deepEqual(
    alarms.slice(0, 2).map(({ active }) => active),
    [true, false],
  );
  assert.ok(Math.max(...numbers(telemetry, "vibration")) > 7.1);
  const [low, high] = range(numbers(telemetry.slice(500), "level"));
  assert.ok(low > 10 && high < 90, `${low} to ${high}`);
});

test("the weather has a day and a night", () => {
  const { telemetry } = live(boot("weather", { interval: 600_000 }), 144 * 3);
  const light = (hour: string) =>
    telemetry.filter(({ time }) => String(time).includes(`T${hour}:`)).map((fields) => Number(fields.light));
  assert.deepEqual(range(light("00")), [0, 0]);
  assert.ok(Math.min(...light("12")) > 5000);
});

describe("commands", () => {
  test("a reboot is asked for once", () => {
    const firmware = boot("door");
    assert.equal(command(firmware, { reboot: true }).reboot, true);
    assert.equal(command(firmware, { lock: true }).reboot, false);
    assert.equal(command(firmware, { reboot: "please" }).reboot, false);
  });

  test("a retained command is refused, for a reboot would come again after each reboot", () => {
    const firmware = boot("door");
    const { messages, reboot } = firmware.obey(Buffer.from('{"reboot":true}'), true);
    assert.equal(reboot, false);
    assert.match(String(messages[0] && read(messages[0]).error), /retained/);
  });

  test("names that JavaScript knows are no settings", () => {
    for (const name of ["__proto__", "constructor", "toString", "x".repeat(1000)]) {
      const payload = Buffer.from(`{${JSON.stringify(name)}:true}`);
      const [answer] = boot("door").obey(payload, false).messages;
      assert.ok(answer);
      assert.equal(read(answer).ok, false);
      assert.ok(answer.payload.length < 300);
    }
  });

  test("an interval is taken for the next measurement", () => {
    const firmware = boot("door");
    command(firmware, { interval: 0.5 });
    assert.equal(firmware.interval, 500);
    for (const value of [0, -1, 1e9, "1", null]) command(firmware, { interval: value });
    assert.equal(firmware.interval, 500);
  });
});
