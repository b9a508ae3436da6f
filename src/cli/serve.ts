import { statSync } from "node:fs";
import type { Logger } from "pino";
import type { App } from "../app.js";
import { identityKeys, letsAnonymousIn } from "../config/anonymous.js";
import { type Environment, takeEnvironment } from "../config/environment.js";
import { ConfigError, formatFaults } from "../config/fault.js";
import { type Loaded, loadConfig } from "../config/load.js";
import type { Config, ConfigInput } from "../config/schema.js";
import { FileFault } from "../files/watched-files.js";
import { ListenError } from "../listeners/listener.js";
import { StoreError } from "../storage/store.js";
import { version } from "../version.js";
import { defineCommand, type Values } from "./command.js";
import { createLogger, isPretty } from "./logger.js";
import { ruleFaults } from "./rule-faults.js";

/** EX_CONFIG of sysexits.h. */
const BAD_CONFIGURATION = 78;
const FAILED = 1;
/** EX_SOFTWARE of sysexits.h. */
const INTERNAL_FAULT = 70;
/** A signal within this time of another is the same one. */
const REPEAT_MS = 1_000;

const options = {
  config: { type: "string", short: "c", value: "FILE", description: "Configuration file (YAML)." },
  data: {
    type: "string",
    value: "DIR",
    description: "Directory of everything that survives a restart (./data).",
  },
  mqtt: {
    type: "string",
    value: "HOST:PORT",
    description: "MQTT over TCP (127.0.0.1:1883); port 0 picks a free one.",
  },
  mqtts: {
    type: "string",
    value: "HOST:PORT",
    description: "MQTT over TLS, with tls.cert in the file (127.0.0.1:8883).",
  },
  http: {
    type: "string",
    value: "HOST:PORT",
    description: "Dashboard, channels, MQTT over WebSocket (127.0.0.1:8080).",
  },
  "log-level": {
    type: "string",
    value: "LEVEL",
    description: "fatal, error, warn, info, debug, trace or silent.",
  },
} as const;

const flagNames = {
  data: "--data",
  "listen.mqtt": "--mqtt",
  "listen.mqtts": "--mqtts",
  "listen.http": "--http",
  "log.level": "--log-level",
};

export const serve = defineCommand({
  name: "serve",
  summary: "Run the broker, the bridge and the dashboard.",
  options,
  examples: ["causeway serve", "causeway serve --config causeway.yaml --data /var/lib/causeway"],
  async run(values) {
    const onHangUp = holdHangUps();
    const environment = takeEnvironment(process.env);
    const loaded = load(values, environment);
    if (!loaded) return BAD_CONFIGURATION;
    const log = await createLogger(loaded.config.log);
    process.on("uncaughtException", (error) => {
      log.fatal({ err: error }, "unexpected fault; please report it. What was acknowledged is stored");
      process.exit(INTERNAL_FAULT);
    });
    // Asked while it starts it ends in the same way, once it has started: nothing is left half made.
    const ended = askedToEnd(log);
    // Loaded only now: the other commands start faster without the whole server.
    const { App } = await import("../app.js");
    const { file } = loaded;
    const reread =
      file !== undefined && canBeReadAgain(file)
        ? { file, read: () => read(values, environment).config }
        : undefined;
    if (file !== undefined && !reread)
      log.info({ file }, "the configuration is not from a file: a change of it needs a restart");
    const app = new App(loaded.config, log, reread);
    try {
      await app.start();
    } catch (error) {
      if (!(error instanceof StoreError || error instanceof ListenError || error instanceof FileFault))
        throw error;
      log.fatal(error.message);
      return error instanceof FileFault ? BAD_CONFIGURATION : FAILED;
    }
    announce(app, loaded, log);
    onHangUp(() => {
      log.info("SIGHUP: the files that the configuration names are read again");
      void app.reload();
    });
    await ended;
    return await stopWithin(app, loaded.config.shutdownTimeout, log);
  },
});

function load(values: Values<typeof options>, env: Environment): Loaded | undefined {
  try {
    return read(values, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${formatFaults(error.faults)}\n`);
    return undefined;
  }
}

/** Throws a {@link ConfigError}. */
function read(values: Values<typeof options>, env: Environment): Loaded {
  return loadConfig({
    file: values.config,
    env,
    flags: flagsOf(values),
    flagNames,
    checks: [ruleFaults],
  });
}

/** What a pipe held, as of `--config <(…)`, is gone once it has been read. */
function canBeReadAgain(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
}

function flagsOf({ data, mqtt, mqtts, http, "log-level": level }: Values<typeof options>): ConfigInput {
  const listen = { ...(mqtt ? { mqtt } : {}), ...(mqtts ? { mqtts } : {}), ...(http ? { http } : {}) };
  return {
    ...(data ? { data } : {}),
    ...(Object.keys(listen).length > 0 ? { listen } : {}),
    ...(level ? { log: { level: level as Config["log"]["level"] } } : {}), // the schema judges it
  };
}

function announce(app: App, { config, file }: Loaded, log: Logger): void {
  if (!letsAnonymousIn(config)) log.info({ by: identityKeys(config) }, "clients with credentials are let in");
  else if (config.allowAnonymous !== true)
    log.info(
      `${file ? "" : "no configuration: "}listening on this machine only, anonymous clients are let in, data is kept in ${config.data}`,
    );
  else
    log.warn(
      "anonymous clients are let in: anyone who reaches these addresses can read and write everything",
    );
  log.info({ addresses: app.addresses, dashboard: app.dashboard, version, pid: process.pid }, "ready");
  if (isPretty(config.log))
    log.info(
      `open ${app.dashboard} and make something arrive: mosquitto_pub -t sensors/kitchen/temperature -m '{"c":21.5}'`,
    );
  process.send?.({ type: "ready", addresses: app.addresses });
}

/** SIGHUP ends a process that does not listen for it: one that comes while the server starts waits until it has started. */
function holdHangUps(): (act: () => void) => void {
  let held = false;
  const hold = () => {
    held = true;
  };
  process.on("SIGHUP", hold);
  return (act) => {
    process.on("SIGHUP", act).off("SIGHUP", hold);
    if (held) act();
  };
}

/** Resolves when the process is asked to end: by a signal, or by the launcher that started it going away. */
function askedToEnd(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const end = (why: string) => {
      log.info({ why }, "draining; a further signal ends at once");
      resolve();
      // npm and npx pass a Ctrl-C on that the terminal has sent already, so a second one right away means nothing.
      setTimeout(
        () => process.prependListener("SIGINT", giveUp).prependListener("SIGTERM", giveUp),
        REPEAT_MS,
      ).unref();
    };
    process.on("SIGTERM", () => {}).on("SIGINT", () => {});
    process.once("SIGTERM", () => end("SIGTERM"));
    process.once("SIGINT", () => end("SIGINT"));
    process.once("disconnect", () => end("the launcher is gone"));
    process.channel?.unref(); // it must not keep the process once everything is stopped
  });
}

function giveUp(): never {
  process.exit(FAILED);
}

async function stopWithin(app: App, timeout: number, log: Logger): Promise<number> {
  const timer = setTimeout(() => {
    log.error({ timeout }, "draining took longer than shutdownTimeout; ending anyway");
    process.exit(FAILED);
  }, timeout * 2);
  await app.stop();
  clearTimeout(timer);
  log.info("stopped");
  return 0;
}
