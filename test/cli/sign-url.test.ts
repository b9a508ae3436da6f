import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { SignedUrls } from "../../src/auth/signed-urls/signed-urls.js";
import { fileScope } from "../helpers/teardown.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

const scope = fileScope();

const main = join(import.meta.dirname, "..", "..", "dist", "main.js");
const SECRET = "a secret for URLs that is long enough";
const env = { CAUSEWAY_SIGNED_URLS_SECRET: SECRET };

function signUrl(flags: readonly string[], variables: Record<string, string> = env) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "sign-url", ...flags], {
    env: { PATH: process.env.PATH, ...variables },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

/** What the server makes of it. */
async function admit(text: string) {
  const url = new URL(text);
  const channel = decodeURIComponent(url.pathname).replace(/^.*\/v3\//, "");
  const file = join(await temporaryDirectory(scope, "sign-url"), "used");
  const urls = await SignedUrls.open({ secret: SECRET, maxAge: 86_400_000, maxUsed: 10 }, file);
  scope.after(() => urls.close());
  const peer = { address: "192.0.2.7", port: 1, secure: true };
  return urls.admit({ door: "v3", peer, signedUrl: { channel, query: url.searchParams } });
}

test("it prints the URL and nothing else, and the server takes it", async () => {
  const { status, stdout, stderr } = signUrl([
    "mqtt:räume/+/#",
    "--user",
    "a&b",
    "--expires",
    "15m",
    "--publish",
    "--once",
  ]);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(
    stdout,
    /^ws:\/\/127\.0\.0\.1:8080\/v3\/mqtt%3Ar%C3%A4ume%2F%2B%2F%23\?user=a%26b&expires=\d+&once=[\w-]{22}&publish=1&signature=[\w-]{43}\n$/,
  );
  const principal = await admit(stdout.trim());
  assert.equal(principal?.user, "a&b");
  assert.deepEqual(
    [...(principal?.stated?.channels ?? [])],
    [["mqtt:räume/+/#", new Set(["subscribe", "history", "presence", "publish"])]],
  );
  const minutes = ((principal?.expiresAt ?? 0) - Date.now()) / 60_000;
  assert.ok(minutes > 14.5 && minutes <= 15.1, `${minutes}`);
});

test("two for single use are not the same", () => {
  const flags = ["a", "--once"];
  assert.notEqual(signUrl(flags).stdout, signUrl(flags).stdout);
});

for (const [base, start] of [
  ["wss://broker.example.org", "wss://broker.example.org/v3/a?"],
  ["https://example.org:8443/live/", "https://example.org:8443/live/v3/a?"],
] as const)
  test(`--url ${base} begins it`, async () => {
    const { stdout } = signUrl(["a", "--url", base]);
    assert.ok(stdout.startsWith(start), stdout);
    assert.equal((await admit(stdout.trim()))?.user, "");
  });

test("the address of the configuration begins it where no other is given", () => {
  const variables = { ...env, CAUSEWAY_LISTEN_HTTP: "0.0.0.0:9000", CAUSEWAY_ALLOW_ANONYMOUS: "true" };
  assert.match(signUrl(["a"], variables).stdout, /^ws:\/\/localhost:9000\/v3\/a\?/);
});

const mistakes: [string[], number, RegExp, Record<string, string>?][] = [
  [["a"], 1, /set signedUrls\.secret/, {}],
  [[], 64, /name one channel/],
  [["a", "b"], 64, /name one channel/],
  [["device:*"], 64, /a channel whose name ends with \*/],
  [["a", "--expires", "2d"], 64, /--expires 2d is longer than signedUrls\.maxAge \(1d\)/],
  [["a", "--expires", "never"], 64, /--expires must be a duration/],
  [["a", "--user", "x".repeat(256)], 64, /user is longer than 255/],
  [["a", "--url", "example.org"], 64, /--url must be one such as/],
  [["a", "--url", "ftp://example.org"], 64, /--url must be one such as/],
  [["a", "--url", "wss://u:p@example.org"], 64, /--url must be one such as/],
];
for (const [flags, code, text, variables = env] of mistakes)
  test(`refused in words, with code ${code}: ${flags.join(" ").slice(0, 40) || "no channel"}`, () => {
    const { status, stdout, stderr } = signUrl(flags, variables);
    assert.deepEqual([status, stdout], [code, ""], stderr);
    assert.match(stderr, text);
    assert.ok(!stderr.includes(SECRET));
  });
