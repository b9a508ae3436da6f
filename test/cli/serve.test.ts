import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";
import { makeCertificate } from "../../src/cli/certificate.js";
import { accountLines } from "../doors/accounts.js";
import { run } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { Program } from "./program.js";

const DAY_MS = 86_400_000;
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const causeway = (...args: string[]) => run(process.execPath, [MAIN, ...args]);

async function configFile(t: TestContext, text: string): Promise<string> {
  const directory = await temporaryDirectory(t, "serve");
  const file = join(directory, "causeway.yaml");
  await writeFile(file, text);
  return file;
}

test("without a configuration it says in one line how open it is, then in one where it listens", async (t) => {
  const server = await startServer(t);
  assert.equal(server.log.length, 2);
  assert.match(
    server.log[0]?.msg ?? "",
    /^no configuration: listening on this machine only, anonymous clients are let in, data is kept in /,
  );
  const ready = server.log[1];
  assert.deepEqual(ready?.addresses, { mqtt: server.addresses.mqtt, http: server.addresses.http });
  assert.match(server.addresses.mqtt ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal(ready?.dashboard, `http://${server.addresses.http}/`);
});

test("SIGTERM drains: sessions are told to come back, clients are closed, and it exits 0", async (t) => {
  const server = await startServer(t);
  const client = await connect(t, server.mqttUrl);
  const plain = new WebSocket(`${server.wsUrl}/v3/${encodeURIComponent("mqtt:a")}`);
  const session = new WebSocket(`${server.wsUrl}/connection/websocket`);
  const closes = [plain, session].map(
    (socket) => new Promise<number>((resolve) => socket.once("close", resolve)),
  );
  session.once("open", () => session.send('{"id":1,"connect":{}}'));
  await new Promise((resolve) => session.once("message", resolve));
  const gone = client.closed();
  assert.equal(await server.stop(), 0);
  await gone;
  assert.deepEqual(await Promise.all(closes), [3001, 3001]);
  assert.deepEqual(
    server.log.slice(-1).map(({ msg }) => msg),
    ["stopped"],
  );
});

/** A program that has begun to start: certificates are read before the store is opened. */
async function starting(t: TestContext): Promise<Program> {
  const directory = await temporaryDirectory(t, "serve");
  const made = await makeCertificate(["localhost"], new Date(Date.now() - DAY_MS));
  const files = { cert: join(directory, "server.pem"), key: join(directory, "server.key") };
  await writeFile(files.cert, made.cert);
  await writeFile(files.key, made.key);
  const listen = { mqtt: "127.0.0.1:0", mqtts: "127.0.0.1:0", http: "127.0.0.1:0" };
  const file = await configFile(t, JSON.stringify({ listen, tls: files, data: join(directory, "data") }));
  const program = new Program(t, ["serve", "--config", file]);
  await program.printed("the certificate has expired");
  return program;
}

test("SIGHUP while it starts ends nothing: the files are read again when it has started", async (t) => {
  const program = await starting(t);
  program.child.kill("SIGHUP");
  await program.printed('"ready"');
  await program.printed("certificate (tls) read again");
  program.child.kill("SIGTERM");
  assert.equal(await program.exited(), 0);
});

for (const signal of ["SIGTERM", "SIGINT"] as const)
  test(`${signal} while it starts ends it as it would later`, async (t) => {
    const program = await starting(t);
    program.child.kill(signal);
    await program.printed('"stopped"');
    assert.equal(await program.exited(), 0);
  });

test("the configuration may come through a pipe, which is read once", async (t) => {
  const directory = await temporaryDirectory(t, "serve");
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  const listen = { mqtt: "127.0.0.1:0", http: "127.0.0.1:0" };
  const program = new Program(t, ["serve", "--config", pipe]);
  await writeFile(pipe, JSON.stringify({ listen, data: join(directory, "data") }));
  await program.printed("the configuration is not from a file: a change of it needs a restart");
  await program.printed('"ready"');
  program.child.kill("SIGTERM");
  assert.equal(await program.exited(), 0);
});

test("a file that cannot be watched is a line with its name, and exit code 78", async (t) => {
  const directory = await temporaryDirectory(t, "serve");
  const pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
  const listen = { mqtt: "127.0.0.1:0", http: "127.0.0.1:0" };
  const config = { listen, data: join(directory, "data"), accounts: { file: pipe } };
  const program = new Program(t, ["serve", "--config", await configFile(t, JSON.stringify(config))]);
  await writeFile(pipe, accountLines(["device"], "secret"));
  assert.equal(await program.exited(), 78);
  assert.equal(program.stderr, "");
  const { msg } = JSON.parse(String(program.stdout).trim());
  assert.equal(msg, `accounts not taken: ${JSON.stringify(pipe)} is not a file`);
});

test("a fault in the configuration exits 78, with a line for each on standard error and nothing else", async (t) => {
  const file = await configFile(
    t,
    "mqtt:\n  maxPacketSiz: 1MiB\nlisten:\n  mqtt: 0.0.0.0:1883\nbridge:\n  channels:\n    - channel: a\n      topics: ['x/#/y']\n",
  );
  const { code, stdout, stderr } = await causeway("serve", "--config", file, "--http", "nowhere");
  assert.equal(code, 78);
  assert.equal(stdout, "");
  assert.match(stderr, /mqtt\.maxPacketSiz: unknown key; did you mean mqtt\.maxPacketSize\?/);
  assert.match(stderr, /listen\.http: "nowhere" is not HOST:PORT/);
});

test("open to other machines without accounts it refuses to start, unless that is written out", async (t) => {
  const refused = await causeway("serve", "--mqtt", "0.0.0.0:0", "--http", "127.0.0.1:0");
  assert.equal(refused.code, 78);
  assert.match(
    refused.stderr,
    /listen\.mqtt.*set accounts\.file .*allowAnonymous: true to let anyone in, or bind to 127\.0\.0\.1/,
  );
  const server = await startServer(t, { config: { allowAnonymous: true }, args: ["--mqtt", "0.0.0.0:0"] });
  await server.logged(({ level, msg }) => level === 40 && msg.startsWith("anonymous clients are let in"));
  const info = (await (await fetch(`${server.httpUrl}/api/v1/info`)).json()) as { mqttChannels: boolean };
  assert.equal(info.mqttChannels, false, "topic filters are channels only where nobody else can connect");
});

test("an ambiguous rule is refused by name", async (t) => {
  const rules = [
    { channel: "device:{id}", topics: ["devices/{id}/#"] },
    { channel: "device:{name}", topics: ["others/{name}"] },
  ];
  const file = await configFile(t, JSON.stringify({ bridge: { channels: rules } }));
  const { code, stderr } = await causeway("serve", "--config", file);
  assert.equal(code, 78);
  assert.match(stderr, /bridge\.channels\[1\]\.channel: channel "device:\{name\}".*"device:\{id\}"/);
});

test("a port in use is a line that names the key and the port, and exit code 1", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as { port: number };
  const data = await temporaryDirectory(t, "serve");
  const { code, stdout } = await causeway(
    "serve",
    "--data",
    data,
    "--mqtt",
    `127.0.0.1:${port}`,
    "--http",
    "127.0.0.1:0",
  );
  assert.equal(code, 1);
  assert.match(
    JSON.parse(stdout).msg,
    new RegExp(`^listen\\.mqtt: cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use`),
  );
});

test("logs name the client and hold no payload", async (t) => {
  const server = await startServer(t, { args: ["--log-level", "trace"] });
  const client = await connect(t, server.mqttUrl, {
    clientId: "chatty",
    username: "somebody",
    password: "hunter2-secret",
  });
  await client.subscribe("a", 1);
  await client.publish("a", "payload-in-confidence", 1);
  await client.messages(1);
  await client.end();
  await server.logged(({ msg, client: id }) => msg === "client disconnected" && id === "chatty");
  const log = JSON.stringify(server.log);
  assert.doesNotMatch(log, /payload-in-confidence|hunter2-secret/);
});

test("every command explains itself", async () => {
  const { code, stdout } = await causeway("--help");
  assert.equal(code, 0);
  for (const command of ["serve", "pub", "sub", "simulate", "check-config", "cert"]) {
    assert.match(stdout, new RegExp(`^  ${command} `, "m"));
    const help = await causeway(command, "--help");
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`^Usage: causeway ${command} \\[options\\]`, "m"));
  }
  const unknown = await causeway("publish");
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [64, 'causeway: unknown command "publish"; causeway --help lists them\n'],
  );
  const flag = await causeway("serve", "--nonsense");
  assert.equal(flag.code, 64);
  assert.match(flag.stderr, /^causeway: serve: Unknown option '--nonsense'/);
});
