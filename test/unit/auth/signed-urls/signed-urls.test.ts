import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { appendFile, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Principal } from "../../../../src/access/principal.js";
import type { Rights } from "../../../../src/access/rights.js";
import { signedPath } from "../../../../src/auth/signed-urls/signed-path.js";
import { SignedUrls } from "../../../../src/auth/signed-urls/signed-urls.js";
import { withinUrl } from "../../../../src/auth/signed-urls/url-rights.js";
import { fileScope } from "../../../helpers/teardown.js";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import { at, now, refused } from "../support/tokens.js";

const SECRET = "a secret for URLs that is long enough";
const DAY = 86_400_000;
const options = { secret: SECRET, maxAge: DAY, maxUsed: 100 };
const soon = () => `${now() + 60}`;

const scope = fileScope();
const directory = await temporaryDirectory(scope, "signed-urls");
let files = 0;

/** With a file of their own, unless it is named. */
async function urlsOf(more = options, file = join(directory, `used-${++files}`)): Promise<SignedUrls> {
  const urls = await SignedUrls.open(more, file);
  scope.after(() => urls.close());
  return urls;
}

interface Terms {
  readonly channel?: string;
  readonly user?: string;
  readonly expires?: string;
  readonly once?: string;
  readonly publish?: boolean;
}

function sign(terms: Terms = {}, secret = SECRET): { channel: string; query: URLSearchParams } {
  const { channel = "device:7", user = "ann", expires = soon(), once, publish } = terms;
  const path = signedPath(secret, {
    channel,
    user,
    expires,
    once: once ?? "",
    publish: publish ? "1" : "",
  });
  const url = new URL(path, "ws://127.0.0.1");
  assert.equal(decodeURIComponent(url.pathname), `/v3/${channel}`);
  return { channel, query: url.searchParams };
}

const open = (urls: SignedUrls, signedUrl: ReturnType<typeof sign>) => urls.admit(at("v3", { signedUrl }));

test("a signed URL lets its user into its channel, to read", async () => {
  const expires = soon();
  const principal = await open(await urlsOf(), sign({ expires }));
  assert.deepEqual(principal, {
    user: "ann",
    proof: "signed-url",
    expiresAt: Number(expires) * 1_000,
    channels: [],
    scopes: new Set(),
    stated: {
      publish: [],
      subscribe: [],
      channels: new Map([["device:7", new Set(["subscribe", "history", "presence"])]]),
    },
    unrestricted: false,
  });
});

test("with publish=1 it lets write, too", async () => {
  const principal = await open(await urlsOf(), sign({ publish: true }));
  assert.ok(principal?.stated?.channels.get("device:7")?.has("publish"));
});

test("the signature is what the documentation says, so that any language can make it", async () => {
  const expires = soon();
  const text = `13:causeway-v3-1,10:gerät:1 ,3:a&b,10:${expires},0:,1:1,`.replace("10:gerät", "9:gerät");
  const signature = createHmac("sha256", SECRET).update(text).digest("base64url");
  const query = new URLSearchParams({ user: "a&b", expires, publish: "1", signature });
  assert.ok(await open(await urlsOf(), { channel: "gerät:1 ", query }));
});

test("characters of any kind survive the way through a URL", async () => {
  const urls = await urlsOf();
  for (const text of ["a b", "a+b", "ü/ö?#&=%", "mqtt:a/+/#", "'\"!()", "\u{1F600}", "x".repeat(255)])
    assert.equal((await open(urls, sign({ channel: text, user: text })))?.user, text);
  assert.equal((await open(urls, sign({ user: "" })))?.user, "");
});

test("every part of it is covered by the signature", async () => {
  const urls = await urlsOf();
  const whole = sign({ once: "n1", publish: true });
  const altered: [string, string, string | null][] = [
    ["user", "user", "bob"],
    ["no user", "user", null],
    ["end", "expires", `${Number(soon()) + 1}`],
    ["once", "once", "n2"],
    ["no once", "once", null],
    ["no publish", "publish", null],
    ["signature", "signature", sign().query.get("signature")],
    ["signature of zeros", "signature", "A".repeat(43)],
  ];
  for (const [what, name, value] of altered) {
    const query = new URLSearchParams(whole.query);
    if (value === null) query.delete(name);
    else query.set(name, value);
    await refused(open(urls, { ...whole, query }), "", "credentials", /was changed|signature/).catch(
      (error) => {
        throw new Error(what, { cause: error });
      },
    );
  }
  await refused(open(urls, { ...whole, channel: "device:8" }), "", "credentials", /was changed/);
  const reading = sign();
  reading.query.set("publish", "1");
  await refused(open(urls, reading), "", "credentials", /was changed/);
  await refused(open(urls, sign({}, `${SECRET}!`)), "", "credentials", /not of signedUrls\.secret/);
  assert.ok(await open(urls, whole), "and as it was it is good");
});

test("parts cannot be moved from one to another", async () => {
  const urls = await urlsOf();
  const { query } = sign({ channel: "a", user: "b,c" });
  const moved: [string, string][] = [
    ["a1:b,", ",c"],
    ["a,3:b,c", ""],
    ["ab", ",c"],
  ];
  for (const [channel, user] of moved) {
    const other = new URLSearchParams(query);
    other.set("user", user);
    await refused(open(urls, { channel, query: other }), "", "credentials", /was changed/);
  }
});

const odd: [string, (query: URLSearchParams) => void, RegExp][] = [
  ["two users", (query) => query.append("user", "bob"), /user is there more than once/],
  ["two signatures", (query) => query.append("signature", "x"), /signature is there more than once/],
  ["no end", (query) => query.delete("expires"), /expires is not a number of seconds/],
  ["an end in words", (query) => query.set("expires", "never"), /expires is not a number/],
  ["an end with a zero in front", (query) => query.set("expires", `0${soon()}`), /expires is not a number/],
  ["an end in hexadecimal", (query) => query.set("expires", "0xffffffff"), /expires is not a number/],
  ["an end far beyond", (query) => query.set("expires", "9".repeat(400)), /expires is not a number/],
  ["an empty once", (query) => query.set("once", ""), /once is empty/],
  ["a long once", (query) => query.set("once", "x".repeat(129)), /once is longer/],
  ["a long user", (query) => query.set("user", "x".repeat(256)), /user is longer/],
  ["another publish", (query) => query.set("publish", "true"), /publish is not 1/],
  ["a short signature", (query) => query.set("signature", "AAAA"), /signature is not HMAC-SHA256/],
  ["an empty signature", (query) => query.set("signature", ""), /signature is not HMAC-SHA256/],
  ["a signature with padding", (query) => query.set("signature", `${"A".repeat(43)}=`), /is not HMAC-SHA256/],
];
for (const [what, change, reason] of odd)
  test(`refused, with a reason: ${what}`, async () => {
    const signed = sign();
    change(signed.query);
    await refused(open(await urlsOf(), signed), "", "credentials", reason);
  });

test("a channel that would stand for several cannot be signed for", async () => {
  await refused(open(await urlsOf(), sign({ channel: "device:*" })), "", "credentials", /ends with \*/);
});

test("it ends, and does not end later than it may", async () => {
  const urls = await urlsOf();
  await refused(open(urls, sign({ expires: `${now()}` })), "", "expired", /it has ended/);
  await refused(open(urls, sign({ expires: `${now() - 1}` })), "", "expired", /it has ended/);
  const late = sign({ expires: `${now() + DAY / 1_000 + 10}` });
  await refused(open(urls, late), "", "credentials", /later than signedUrls\.maxAge/);
  const inMs = sign({ expires: `${Date.now() + 1_000}` });
  await refused(open(urls, inMs), "", "credentials", /expires is not a number of seconds/);
});

test("one for single use lets in once, however its signature is written", async () => {
  const urls = await urlsOf();
  const signed = sign({ once: "n1" });
  const verdicts = await Promise.allSettled(Array.from({ length: 10 }, () => open(urls, signed)));
  assert.equal(verdicts.filter(({ status }) => status === "fulfilled").length, 1);
  await refused(open(urls, signed), "", "credentials", /is for single use and has been used/);
  const signature = String(signed.query.get("signature"));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(signature.slice(-1));
  const same = signature.slice(0, -1) + alphabet[last ^ 1]; // the last bits stand for nothing
  assert.deepEqual(Buffer.from(same, "base64url"), Buffer.from(signature, "base64url"));
  signed.query.set("signature", same);
  await refused(open(urls, signed), "", "credentials", /has been used/);
  assert.ok(await open(urls, sign({ once: "n2" })));
  assert.deepEqual(urls.counters, { admitted: 2, replayed: 11, full: 0 });
  const again = sign();
  assert.ok((await open(urls, again)) && (await open(urls, again)), "without once it may be used again");
});

test("one for single use is used up over a restart, too", async () => {
  const file = join(directory, "restart");
  const before = await urlsOf(options, file);
  const used = ["a", "b", "c"].map((once) => sign({ once }));
  await Promise.all(used.map((signed) => open(before, signed)));
  await before.close();
  for (const signed of used) {
    const text = await readFile(file, "utf8");
    assert.ok(!text.includes(String(signed.query.get("signature")).slice(0, 12)), "who reads it has no URL");
  }
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const after = await urlsOf(options, file);
  assert.equal(after.remembered, 3);
  for (const signed of used) await refused(open(after, signed), "", "credentials", /has been used/);
  assert.ok(await open(after, sign({ once: "d" })));
});

test("what a crash left of a line, or anybody wrote, is no reason not to start, and nothing is lost by it", async () => {
  const file = join(directory, "torn");
  const before = await urlsOf(options, file);
  const first = sign({ once: "a" });
  await open(before, first);
  await before.close();
  await appendFile(file, `nonsense\n\n${Date.now() - 1} ${"A".repeat(22)}\n${Date.now() + 60_000} half`);
  const after = await urlsOf(options, file);
  assert.equal(after.remembered, 1, "those that have ended are not read");
  await refused(open(after, first), "", "credentials", /has been used/);
  const second = sign({ once: "b" });
  await open(after, second);
  await after.close();
  const again = await urlsOf(options, file);
  for (const signed of [first, second])
    await refused(open(again, signed), "", "credentials", /has been used/);
});

test("the file is written anew when most of it is of no use any more", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const file = join(directory, "long");
  const urls = await urlsOf({ ...options, maxUsed: 300 }, file);
  for (let round = 0; round < 10; round++) {
    const all = Array.from({ length: 300 }, (_, index) => sign({ once: `${round}-${index}` }));
    await Promise.all(all.map((signed) => open(urls, signed)));
    t.mock.timers.tick(61_000);
  }
  assert.equal(urls.counters.admitted, 3_000);
  const lines = (await readFile(file, "utf8")).split("\n").length;
  assert.ok(lines <= 2 * 300 + 1_001, `${lines} lines`);
});

test("while it cannot be written down, one for single use is refused, and good afterwards", async () => {
  const place = join(directory, "not there yet");
  const urls = await urlsOf(options, join(place, "used"));
  const signed = sign({ once: "a" });
  await refused(open(urls, signed), "", "unavailable", /its use cannot be written down: ENOENT/);
  assert.ok(await open(urls, sign()), "those for more than one use need no file");
  await mkdir(place);
  assert.ok(await open(urls, signed));
  await refused(open(urls, signed), "", "credentials", /has been used/);
});

test("when no more can be remembered further ones are refused, until others have ended", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const urls = await urlsOf({ ...options, maxUsed: 2 });
  for (const once of ["a", "b"]) assert.ok(await open(urls, sign({ once })));
  for (const once of ["c", "d"])
    await refused(open(urls, sign({ once })), "", "unavailable", /signedUrls\.maxUsed/);
  assert.ok(await open(urls, sign()), "those for more than one use need no memory");
  assert.deepEqual([urls.remembered, urls.counters.full], [2, 2]);
  t.mock.timers.tick(61_000);
  assert.ok(await open(urls, sign({ once: "c" })));
  assert.equal(urls.remembered, 1);
});

test("it is nothing to other doors, and a URL without a signature is nothing to it", async () => {
  const urls = await urlsOf();
  const signedUrl = sign();
  for (const door of ["mqtt", "channel", "rest", "metrics", "login"] as const)
    assert.equal(await urls.admit(at(door, { signedUrl })), undefined);
  assert.equal(await urls.admit(at("v3")), undefined);
  const unsigned = { channel: "a", query: new URLSearchParams({ user: "ann", expires: soon() }) };
  assert.equal(await urls.admit(at("v3", { signedUrl: unsigned })), undefined);
});

test("its leave is for its channel alone, and rules can only take from it", async () => {
  const principal = (await open(await urlsOf(), sign())) as Principal;
  const free = withinUrl(principal, undefined);
  assert.deepEqual(
    (["subscribe", "history", "presence", "publish", "rpc"] as const).map((action) =>
      free.channel("device:7", action),
    ),
    [true, true, true, false, false],
  );
  assert.equal(free.channel("device:8", "subscribe"), false);
  assert.equal(free.mayPublish("devices/7/commands", 0, false), false);
  const rules: Rights = {
    mayPublish: () => true,
    readable: () => undefined,
    mayReceive: () => false,
    receiveQos: () => undefined,
    channel: (_, action) => (action === "history" ? false : action === "publish" ? true : undefined),
  };
  const bound = withinUrl(principal, rules);
  assert.deepEqual(
    (["subscribe", "history", "publish"] as const).map((action) => bound.channel("device:7", action)),
    [true, false, false],
  );
  assert.deepEqual([bound.readable("a"), bound.mayReceive("a")], [undefined, false]);
});
