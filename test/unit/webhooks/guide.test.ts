import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { loadConfig } from "../../../src/config/load.js";
import { signatureOf } from "../../../src/webhooks/signature.js";
import { run } from "../../helpers/command.js";
import { temporaryDirectory } from "../../helpers/temporary-directory.js";
import { SECRET } from "./receiver.js";

/* What the guide tells receivers to do is done here. */

const guide = await readFile(join(import.meta.dirname, "../../../docs/guide/webhooks.md"), "utf8");
const blockOf = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]+?)\`\`\``).exec(guide)?.[1] ?? assert.fail(language);

const NOW = 1_767_225_600;
const BODY = Buffer.from('{"id":"ü"}');
const HEADER = signatureOf(BODY, SECRET, NOW * 1_000);

/** Body, header, secret and the time in seconds, and whether the receiver is to believe it. */
const CASES: [body: Buffer, header: string, secret: string, now: number, expected: boolean][] = [
  [BODY, HEADER, SECRET, NOW, true],
  [BODY, HEADER, SECRET, NOW + 299, true],
  [BODY, HEADER, SECRET, NOW + 301, false],
  [BODY, HEADER, SECRET, NOW - 301, false],
  [Buffer.from('{"id":"u"}'), HEADER, SECRET, NOW, false],
  [BODY, HEADER, "another secret", NOW, false],
  [BODY, HEADER.replace("t=1", "t=2"), SECRET, NOW + 1_000_000_000, false],
  [BODY, HEADER.replace(/v1=../, "v1=zz"), SECRET, NOW, false],
  [BODY, HEADER.slice(0, -2), SECRET, NOW, false],
  [BODY, "", SECRET, NOW, false],
];

test("the guide's check for Node tells true requests from others", async (t) => {
  const file = join(await temporaryDirectory(t, "guide"), "check.mjs");
  await writeFile(file, blockOf("js"));
  const { isFromCauseway } = await import(file);
  for (const [body, header, secret, now, expected] of CASES)
    assert.equal(isFromCauseway(body, header, secret, now), expected, header);
  assert.equal(isFromCauseway(BODY, undefined, SECRET), false);
});

const noPython = await run("python3", ["--version"]).then(
  ({ code }) => (code === 0 ? undefined : "python3 is not installed"),
  () => "python3 is not installed",
);

test("the guide's check for Python does so too", noPython ? { skip: noPython } : {}, async (t) => {
  const file = join(await temporaryDirectory(t, "guide"), "check.py");
  const cases = CASES.map(([body, ...rest]) => [body.toString("hex"), ...rest]);
  const driver = `
import json
for body, header, secret, now, expected in json.loads(${JSON.stringify(JSON.stringify(cases))}):
    assert is_from_causeway(bytes.fromhex(body), header, secret, now) == expected, header
print("all as expected")
`;
  await writeFile(file, blockOf("python") + driver);
  const { stdout, stderr } = await run("python3", [file]);
  assert.equal(stdout.trim(), "all as expected", stderr);
});

test("the guide's example is a valid configuration", () => {
  const { config } = loadConfig({ env: {}, flags: parse(blockOf("yaml")) });
  assert.equal(config.webhooks[0]?.name, "alarms");
});
