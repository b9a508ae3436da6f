import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { describe, test } from "node:test";
import { WebSocket } from "ws";
import { startServer } from "../helpers/server.js";
import { fileScope } from "../helpers/teardown.js";
import { openPlace, URL_SECRET } from "./place.js";

/* Signed URLs: what each change to one leads to, and what one lets through. */

const place = await openPlace(fileScope());

interface Terms {
  readonly channel?: string;
  readonly user?: string;
  /** Seconds from now. */
  readonly expires?: number;
  readonly once?: string;
  readonly publish?: string;
}

/** The query of a URL for `mqtt:open/#`, unless the terms say otherwise. */
function signed(
  { channel = "mqtt:open/#", user = "", expires = 60, once: nonce = "", publish = "" }: Terms,
  secret = URL_SECRET,
) {
  const end = String(Math.floor(Date.now() / 1_000) + expires);
  const terms = ["causeway-v3-1", channel, user, end, nonce, publish];
  const text = terms.map((term) => `${Buffer.byteLength(term)}:${term},`).join("");
  const given = Object.entries({ user, expires: end, once: nonce, publish }).filter(
    ([, value]) => value !== "",
  );
  const signature = createHmac("sha256", secret).update(text).digest("base64url");
  return new URLSearchParams([...given, ["signature", signature]] as [string, string][]);
}

/** Undefined when it was refused. */
async function open(
  query: URLSearchParams,
  channel = "mqtt:open/#",
  { wsUrl } = place.server,
): Promise<WebSocket | undefined> {
  const url = `${wsUrl}/v3/${encodeURIComponent(channel)}?${query}`;
  const socket = new WebSocket(url);
  socket.on("error", () => undefined);
  const opened = await Promise.race([
    once(socket, "open").then(() => true),
    once(socket, "unexpected-response").then(() => false),
  ]);
  return opened ? socket : undefined;
}

describe("refused", () => {
  const changed = (change: (query: URLSearchParams) => void) => {
    const query = signed({ user: "ann" });
    change(query);
    return query;
  };
  const refused: [what: string, query: () => URLSearchParams, channel?: string][] = [
    ["of another secret", () => signed({}, "another secret of as many characters 0123456789")],
    ["that has ended", () => signed({ expires: -1 })],
    ["that ends in a year", () => signed({ expires: 366 * 86_400 })],
    ["for another channel", () => signed({}), "mqtt:elsewhere"],
    ["for a narrower channel", () => signed({ channel: "mqtt:open/1" })],
    ["with another user", () => changed((query) => query.set("user", "alice"))],
    ["with a later end", () => changed((query) => query.set("expires", `${query.get("expires")}0`))],
    ["with leave to publish added", () => changed((query) => query.set("publish", "1"))],
    ["with an empty signature", () => changed((query) => query.set("signature", ""))],
    [
      "with a signature that is cut",
      () => changed((query) => query.set("signature", query.get("signature")?.slice(1) ?? "")),
    ],
    ["with the user given twice", () => changed((query) => query.append("user", "alice"))],
  ];
  for (const [what, query, channel] of refused)
    test(`a URL ${what}`, async () => assert.equal(await open(query(), channel), undefined));

  test("a URL for single use, the second time, and both of two at once but one", async () => {
    const first = signed({ once: "n1" });
    const socket = await open(first);
    assert.ok(socket);
    assert.equal(await open(first), undefined, "replayed while it is in use");
    socket.terminate();
    assert.equal(await open(first), undefined, "replayed after that");
    const second = signed({ once: "n2" });
    const opened = (await Promise.all([open(second), open(second), open(second)])).filter(Boolean);
    assert.equal(opened.length, 1);
    for (const one of opened) one?.terminate();
  });
});

test("one for single use that was used is used up after a crash of the server, too", async (t) => {
  const config = { signedUrls: { secret: URL_SECRET } };
  const first = await startServer(t, { config });
  const query = signed({ once: "n1" });
  const socket = await open(query, undefined, first);
  assert.ok(socket);
  await first.kill();
  const second = await startServer(t, { config, data: first.data });
  assert.equal(await open(query, undefined, second), undefined);
  const other = await open(signed({ once: "n2" }), undefined, second);
  assert.ok(other);
  other.terminate();
});

test("it shows its channel and takes nothing, unless it says so", async (t) => {
  const reader = await open(signed({ user: "ann" }));
  assert.ok(reader);
  t.after(() => reader.terminate());
  const frames: { event: string; meta?: { topic?: string } }[] = [];
  const ended = new Promise<void>((resolve) => {
    reader.on("message", (text) => {
      frames.push(JSON.parse(String(text)));
      if (frames.at(-1)?.meta?.topic === "open/end") resolve();
    });
  });
  reader.send(JSON.stringify({ event: "message", data: "not taken" }));
  for (const topic of ["elsewhere", "own/ann/x", "open/end"]) await place.publish(topic, "1");
  await ended;
  const topics = frames.flatMap(({ meta }) => meta?.topic ?? []);
  assert.deepEqual(
    [...new Set(topics)].filter((topic) => !topic.startsWith("open/")),
    [],
  );
  assert.ok(frames.some(({ event }) => event === "system:error"));
  assert.ok(
    place.witness.received.every(({ payload }) => payload !== '"not taken"' && payload !== "not taken"),
  );
});
