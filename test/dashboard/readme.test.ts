import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { run } from "../helpers/command.js";
import { startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { openPage } from "./browser.js";

const readme = new URL("../../README.md", import.meta.url);

/** The code block of the language, as it would be copied. */
async function snippet(language: string): Promise<string> {
  const [, code] =
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(await readFile(readme, "utf8")) ?? [];
  assert.ok(code, `README has no ${language} block`);
  return code;
}

test("the README's dashboard works when pasted into a file and opened", async (t) => {
  const server = await startServer(t);
  const html = await snippet("html");
  assert.equal(html.trim().split("\n").length, 10);
  assert.match(html, /127\.0\.0\.1:8080/);
  const directory = await temporaryDirectory(t, "readme");
  const file = join(directory, "dashboard.html");
  await writeFile(file, html.replace("127.0.0.1:8080", server.addresses.http ?? ""));

  const { page, errors } = await openPage(t, pathToFileURL(file).href);
  const message = ["-t", "sensors/kitchen/temperature", "-m", '{"c":21.5}'];
  // Whichever is first, the message or the page's socket: the last value is sent to those who come later.
  const { code } = await run("mosquitto_pub", ["-p", String(server.mqtt.port), ...message, "-r"]);
  assert.equal(code, 0);
  await page.getByText("sensors/kitchen/temperature: 21.5 °C").waitFor();
  assert.deepEqual(errors, []);
});

test("the README's devices are five lines", async () => {
  for (const language of ["python", "cpp"])
    assert.equal((await snippet(language)).trim().split("\n").length, 5);
});
