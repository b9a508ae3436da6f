import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { started } from "../helpers/command.js";
import { connect } from "../helpers/mqtt.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

const script = (name: string) => fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url));

/** Runs a script on free ports until it is ready; gives the broker's URL. */
async function run(t: TestContext, name: string, ...args: string[]) {
  const data = await temporaryDirectory(t, "script");
  const free = ["--data", data, "--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const running = started(process.execPath, [script(name), ...args, ...free]);
  t.after(() => running.child.kill("SIGTERM"));
  const [, address] = /"mqtt":"([^"]+)"/.exec(await running.printed('"msg":"ready"')) ?? [];
  return { ...running, url: `mqtt://${address}` };
}

/** Everything that the script started must be gone: nobody listens there any more. */
async function ends(
  { child, finished, url }: Awaited<ReturnType<typeof run>>,
  t: TestContext,
): Promise<void> {
  child.kill("SIGTERM");
  const { code, stderr } = await finished;
  assert.equal(code, 0, stderr);
  await assert.rejects(connect(t, url), /ECONNREFUSED/);
}

test("npm start serves what is built, and ends with exit code 0", async (t) => {
  const running = await run(t, "start.mjs");
  await (await connect(t, running.url)).end();
  await ends(running, t);
});

test("npm run demo has a fleet that publishes", async (t) => {
  const running = await run(t, "start.mjs", "--demo");
  const client = await connect(t, running.url);
  await client.subscribe("devices/+/telemetry");
  await client.messages(5);
  await ends(running, t);
});

test("npm run dev serves, and ends with all it started", async (t) => {
  const running = await run(t, "dev.mjs");
  await (await connect(t, running.url)).end();
  await ends(running, t);
});
