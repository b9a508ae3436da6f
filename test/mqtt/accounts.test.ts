import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run, started } from "../helpers/command.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { AuthServer } from "../unit/auth/webhook/auth-server.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const as = ({ mqtt }: RunningServer, user: string, password: string) => [
  ...["-h", mqtt.host, "-p", String(mqtt.port), "-u", user, "-P", password],
];

/** What mosquitto_pub says of the server's answer; empty when it was let in. */
async function publish(server: RunningServer, user: string, password: string): Promise<string> {
  const args = [...as(server, user, password), "-q", "1", "-r", "-t", "devices/alice/state", "-m", "on"];
  const { code, stderr } = await run("mosquitto_pub", args);
  assert.equal(code === 0, stderr === "", stderr);
  return stderr;
}

async function file(t: TestContext): Promise<string> {
  const directory = await temporaryDirectory(t, "accounts");
  return join(directory, "accounts");
}

const passwd = async (name: string, ...args: string[]) => {
  const { code, stderr } = await run(process.execPath, [MAIN, "passwd", name, ...args], "sesam öffne dich\n");
  assert.equal(code, 0, stderr);
};

test("who has an account is let in, also one made while the server runs, until it is removed", async (t) => {
  const accounts = await file(t);
  await passwd(accounts, "alice", "--stdin");
  const server = await startServer(t, { config: { accounts: { file: accounts } } });
  assert.equal(await publish(server, "alice", "sesam öffne dich"), "");
  assert.match(await publish(server, "alice", "sesam oeffne dich"), /bad user name or password/);
  assert.match(await publish(server, "bob", "sesam öffne dich"), /bad user name or password/);
  const read = () => server.log.filter(({ msg }) => msg === "accounts read again").length;
  await passwd(accounts, "bob", "--stdin", "--format", "mosquitto");
  await server.logged(() => read() === 1);
  assert.equal(await publish(server, "bob", "sesam öffne dich"), "");
  const watching = started("mosquitto_sub", [...as(server, "bob", "sesam öffne dich"), "-v", "-t", "#"]);
  t.after(() => watching.child.kill());
  await watching.printed("devices/alice/state on");
  await passwd(accounts, "bob", "--delete");
  await server.logged(() => read() === 2);
  assert.match(await publish(server, "bob", "sesam öffne dich"), /bad user name or password/);
  // Its connection is cut, and it is not let in again.
  await watching.finished;
  assert.ok(!JSON.stringify(server.log).includes("sesam"));
});

test("who guesses is refused as while the server is away, and a device that was in is not", async (t) => {
  const accounts = await file(t);
  await passwd(accounts, "alice", "--stdin", "--format", "mosquitto");
  const server = await startServer(t, {
    config: { accounts: { file: accounts, backoff: { failures: 3, first: "5m" } } },
  });
  assert.equal(await publish(server, "alice", "sesam öffne dich"), "");
  for (let count = 0; count < 3; count++)
    assert.match(await publish(server, `user${count}`, `guess ${count}`), /bad user name or password/);
  assert.match(await publish(server, "bob", "guess"), /broker unavailable/);
  assert.equal(await publish(server, "alice", "sesam öffne dich"), "");
});

test("a server elsewhere decides, with the rights that it gives", async (t) => {
  const decider = await AuthServer.start(t);
  const rights = { publish: ["devices/%u/#"], subscribe: ["devices/%u/#"] };
  decider.answer = (response, { json: { password } }) =>
    void response.end(JSON.stringify(password === "yes" ? { allow: true, rights } : { allow: false }));
  const server = await startServer(t, {
    config: { authWebhook: { url: decider.url, cache: 0 }, rights: { rules: [] } },
  });
  assert.match(await publish(server, "alice", "no"), /bad user name or password/);
  const watching = started("mosquitto_sub", [
    ...as(server, "alice", "yes"),
    "-v",
    "-C",
    "1",
    "-t",
    "devices/alice/#",
  ]);
  assert.equal(await publish(server, "alice", "yes"), "");
  await watching.printed("devices/alice/state on");
  await decider.stop();
  assert.match(await publish(server, "alice", "yes"), /broker unavailable/);
});
