import type { Fleet, FleetOptions, Kind, Report } from "../../devices/simulator/dist/fleet.js";
import { formatBrokerUrl } from "./broker-url.js";
import { connectionOptions, readAccess } from "./client-options.js";
import { defineCommand, UsageError, type Values } from "./command.js";
import { describeFault } from "./connection-fault.js";
import { Failure, onOutputError, reportFailure } from "./failure.js";
import { parseDuration, parseInteger, parseQos } from "./numbers.js";

/** With a seed and no start, a run begins here: a run that is to be repeated needs the same sun. */
const REPEATABLE_START = Date.UTC(2026, 0, 1, 8);

const options = {
  devices: { type: "string", short: "n", value: "N", description: "Number of devices. Default: 12" },
  kinds: {
    type: "string",
    value: "LIST",
    description: "Kinds, by turns: thermostat,meter,weather,door,tracker,pump. Default: all",
  },
  interval: {
    type: "string",
    value: "TIME",
    description: "Time between a device's measurements. Default: 2s",
  },
  speed: { type: "string", value: "N", description: "Simulated seconds that pass in a second. Default: 1" },
  count: { type: "string", value: "N", description: "End after N measurements of each device." },
  duration: { type: "string", value: "TIME", description: "End after this time." },
  seed: { type: "string", value: "N", description: "Repeat the run with this seed. Default: a random one" },
  start: {
    type: "string",
    value: "TIME",
    description: "Simulated time at the start (ISO 8601). Default: now, or 2026-01-01T08:00Z with --seed",
  },
  prefix: {
    type: "string",
    value: "TEXT",
    description: "Start of every device id, which is its client id. Default: sim-",
  },
  qos: {
    type: "string",
    short: "q",
    value: "QOS",
    description: "QoS of everything. Default: telemetry 0, events 1, alarms 2",
  },
  ramp: {
    type: "string",
    value: "TIME",
    description: "Spread the connecting over this time. Default: 10ms per device",
  },
  "in-step": {
    type: "boolean",
    description: "Let all devices measure at the same instant, not spread over the interval.",
  },
  "max-inflight": {
    type: "string",
    value: "N",
    description: "Messages on their way, per device. Default: 20",
  },
  "keep-session": {
    type: "boolean",
    short: "c",
    description: "Let the broker keep the devices' sessions while they are away.",
  },
  wait: { type: "boolean", description: "Wait for a broker that is not there yet." },
  report: { type: "string", value: "TIME", description: "Time between reports. Default: 5s" },
  json: { type: "boolean", description: "Write the reports to standard output, as JSON lines." },
  ...connectionOptions,
} as const;

export const simulate = defineCommand({
  name: "simulate",
  summary: "Run simulated devices that publish telemetry, events and alarms, and obey commands.",
  options,
  examples: [
    "causeway simulate",
    "causeway simulate --devices 50 --interval 500ms --url ws://127.0.0.1:8080/mqtt",
    "causeway simulate --seed 7 --count 100 --speed 60",
  ],
  async run(values) {
    const access = readAccess("simulate", values);
    const simulator = await import("../../devices/simulator/dist/fleet.js");
    const settings = readSettings(values, simulator);
    const every = parseDuration("simulate: --report", values.report) ?? 5_000;
    const fleet = new simulator.Fleet({ ...readLogin(access), ...settings });
    announce(settings, formatBrokerUrl(access.broker));
    return reportFailure("simulate", async () => {
      await runFleet(fleet, every, (report) => write(report, values.json ?? false)).catch((error) => {
        if (!(error instanceof simulator.BrokerFault)) throw error;
        throw new Failure(describeFault(error.cause, access.broker));
      });
      return 0;
    });
  },
});

type Simulator = typeof import("../../devices/simulator/dist/fleet.js");
type Settings = ReturnType<typeof readSettings>;

function readLogin({ broker, ca, insecure, username, password, keepalive }: ReturnType<typeof readAccess>) {
  return { url: formatBrokerUrl(broker), ca, insecure, username, password, keepalive };
}

function readSettings(values: Values<typeof options>, simulator: Simulator) {
  const integer = (name: "devices" | "count" | "seed" | "max-inflight", low: number, high: number) =>
    parseInteger(`simulate: --${name}`, values[name], { low, high });
  const seed = integer("seed", 0, 2 ** 32 - 1);
  const devices = integer("devices", 1, 100_000) ?? 12;
  return {
    devices,
    kinds: readKinds(values.kinds, simulator),
    interval: parseDuration("simulate: --interval", values.interval) ?? 2_000,
    speed: readSpeed(values.speed),
    count: integer("count", 1, 1e9),
    duration: parseDuration("simulate: --duration", values.duration),
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    start: readStart(values.start) ?? (seed === undefined ? Date.now() : REPEATABLE_START),
    prefix: readPrefix(values.prefix ?? "sim-"),
    qos: parseQos("simulate: --qos", values.qos),
    ramp: parseDuration("simulate: --ramp", values.ramp, { zero: true }) ?? devices * 10,
    inStep: values["in-step"] ?? false,
    maxInflight: integer("max-inflight", 1, 65_535) ?? 20,
    keepSession: values["keep-session"] ?? false,
    wait: values.wait ?? false,
  } satisfies Partial<FleetOptions>;
}

function readKinds(text: string | undefined, { isKind, kinds }: Simulator): readonly Kind[] {
  if (text === undefined) return kinds;
  return text.split(",").map((name) => {
    if (isKind(name)) return name;
    throw new UsageError(`simulate: --kinds ${JSON.stringify(name)} is not one of ${kinds.join(", ")}`);
  });
}

function readSpeed(text = "1"): number {
  const speed = Number(text);
  if (text.trim() !== "" && speed > 0 && speed <= 100_000) return speed;
  throw new UsageError(
    `simulate: --speed must be a number above 0 and up to 100000, not ${JSON.stringify(text)}`,
  );
}

function readStart(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new UsageError(
      `simulate: --start must be a time such as 2026-01-01T08:00Z, not ${JSON.stringify(text)}`,
    );
  return time;
}

function readPrefix(text: string): string {
  // It becomes one level of a topic, and part of a client id.
  if (/^[\w.:-]{0,40}$/.test(text)) return text;
  throw new UsageError(
    `simulate: --prefix must be up to 40 letters, digits and -_.: characters, not ${JSON.stringify(text)}`,
  );
}

/** Ends on SIGINT and SIGTERM with every device signed off; a second signal ends at once. */
async function runFleet(fleet: Fleet, every: number, report: (report: Report) => void): Promise<void> {
  const stop = () => {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    fleet.stop();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  onOutputError(process.stdout, stop, stop);
  const timer = setInterval(() => report(fleet.report()), every);
  try {
    await fleet.run();
  } finally {
    clearInterval(timer);
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
  report(fleet.report());
}

function announce({ devices, kinds, seed, start, prefix }: Settings, url: string): void {
  const names = kinds.map((kind) => `${prefix}${kind}-01`).slice(0, Math.min(devices, 3));
  process.stderr.write(
    `${devices} devices (${names.join(", ")}, ...) to ${url}; ` +
      `the same again with --seed ${seed} --start ${new Date(start).toISOString()}\n`,
  );
}

function write(report: Report, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...report })}\n`);
  else process.stderr.write(`${reportLine(report)}\n`);
}

function reportLine(report: Report): string {
  const troubles = (["failed", "dropped", "skipped", "errors"] as const)
    .filter((name) => report[name] > 0)
    .map((name) => `, ${report[name]} ${name}`);
  const reconnects = report.reconnects > 0 ? `, ${report.reconnects} reconnects` : "";
  const last = report.lastError === undefined ? "" : ` (last error: ${report.lastError})`;
  return (
    `${report.connected}/${report.devices} connected, ${report.published} published, ` +
    `${report.acknowledged} acknowledged, ${report.commands} commands${reconnects}${troubles.join("")}${last}`
  );
}
