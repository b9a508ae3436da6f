import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { makePbkdf2 } from "../../src/auth/accounts/pbkdf2.js";
import { run } from "../helpers/command.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

async function place(t: TestContext, accounts: string): Promise<string> {
  const directory = await temporaryDirectory(t, "accounts");
  await writeFile(join(directory, "accounts"), accounts);
  return join(directory, "accounts");
}

test("a server reads its accounts again when they change, and its metrics tell", async (t) => {
  const hash = await makePbkdf2("secret", 101);
  const file = await place(t, `alice:${hash}\n`);
  const server = await startServer(t, { config: { allowAnonymous: true, accounts: { file } } });
  const metric = async (name: string) => {
    const text = await (await fetch(`${server.httpUrl}/metrics`)).text();
    return new RegExp(`^causeway_${name} (.*)$`, "m").exec(text)?.[1];
  };
  assert.equal(await metric("auth_accounts"), "1");
  await writeFile(file, `alice:${hash}\nbob:${hash}\n`);
  await server.logged(({ msg }) => msg === "accounts read again");
  assert.deepEqual([await metric("auth_accounts"), await metric("file_reloads_total")], ["2", "1"]);
  await writeFile(file, "carol:plaintext\n");
  const line = await server.logged(({ msg }) => msg.startsWith("accounts not taken"));
  assert.match(String(line.reason), /line 1: "carol": no hash/);
  assert.ok(!JSON.stringify(server.log).includes("plaintext"));
  assert.deepEqual([await metric("auth_accounts"), await metric("files_faulty")], ["2", "1"]);
});

for (const command of ["serve", "check-config"])
  test(`causeway ${command} names the line of the accounts that is wrong, and ends with 78`, async (t) => {
    const file = await place(t, "# accounts\nalice:hunter2\n");
    await writeFile(`${file}.yaml`, JSON.stringify({ accounts: { file }, data: `${file}.data` }));
    const { code, stdout, stderr } = await run(process.execPath, [MAIN, command, "--config", `${file}.yaml`]);
    assert.equal(code, 78);
    assert.match(stdout + stderr, /accounts\.file: .*line 2: .*alice.*no hash follows the name/);
    assert.ok(!(stdout + stderr).includes("hunter2"));
  });
