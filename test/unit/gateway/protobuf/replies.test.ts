import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeReply } from "../../../../src/gateway/protobuf/reply-encoder.js";
import { referenceCodec } from "../../../channels/support/reference-codec.js";

const publication = {
  data: { c: 21.5 },
  info: { user: "ann", client: "c1", conn_info: { name: "Ann" }, chan_info: [1] },
  offset: 2 ** 53 - 1,
  tags: { topic: "a/b", encoding: "base64", "": "" },
  delta: true,
  time: 1_767_225_600_000,
  channel: "c",
  key: "k",
  removed: true,
  epoch: "e",
};
const subscribeResult = {
  expires: true,
  ttl: 600,
  recoverable: true,
  epoch: "e",
  publications: [publication, { data: null }],
  recovered: true,
  offset: 7,
  positioned: true,
  data: "hello",
  was_recovering: true,
  delta: true,
  id: 5,
  type: 1,
  phase: 2,
  cursor: "17",
  state: [{ data: 1, key: "a" }],
};
const { info } = publication;

/** Every field of every reply. */
const replies: { readonly push?: object; readonly [name: string]: unknown }[] = [
  {},
  { id: 2 ** 32 - 1, error: { code: 107, message: 'bad "request"\n\u{1F600}', temporary: true } },
  {
    id: 1,
    connect: {
      client: "c",
      version: "1",
      expires: true,
      ttl: 2 ** 32 - 1,
      data: {},
      subs: { "a:é": subscribeResult, "": { offset: 1, epoch: "x" } },
      ping: 25,
      pong: true,
      session: "s",
      node: "n",
      time: 1,
    },
  },
  { id: 2, subscribe: subscribeResult },
  { id: 3, unsubscribe: {} },
  { id: 4, publish: {} },
  { id: 5, presence: { presence: { c1: info, c2: { user: "", client: "c2" } } } },
  { id: 6, presence_stats: { num_clients: 3, num_users: 2 } },
  { id: 7, history: { publications: [publication], epoch: "e", offset: 300 } },
  { id: 8, history: { publications: [], epoch: "e", offset: 0 } },
  { id: 9, rpc: { data: { topic: "t", data: [null] } } },
  { id: 10, refresh: { client: "c", version: "1", expires: true, ttl: 1 } },
  { id: 11, sub_refresh: { expires: true, ttl: 1 } },
  { push: { channel: "c", pub: publication } },
  { push: { id: 3, pub: publication } },
  { push: { channel: "c", join: { info } } },
  { push: { channel: "c", leave: { info } } },
  { push: { channel: "c", unsubscribe: { code: 2500, reason: "insufficient state" } } },
  { push: { message: { data: "hello" } } },
  {
    push: {
      channel: "c",
      subscribe: { recoverable: true, epoch: "e", offset: 1, positioned: true, data: 1 },
    },
  },
  { push: { disconnect: { code: 3001, reason: "shutdown", reconnect: true } } },
  { push: { refresh: { expires: true, ttl: 600 } } },
];

for (const reply of replies) {
  const name = Object.keys(reply.push ?? reply).at(-1) ?? "a ping";
  test(`the reference library reads ${name}`, () => {
    assert.deepEqual(read(JSON.stringify(reply)), reply);
  });
}

test("a ping is one byte", () => assert.deepEqual([...encodeReply(Buffer.from("{}"))], [0]));

test("data stays as it was written", () => {
  for (const data of [
    '{"b": 1.50, "a":12345678901234567890,"a":[ ]}',
    '"\\u00e9\\"}],{"',
    "-0.10",
    '"\u{1F600}"',
    `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
    `"${"x".repeat(100_000)}"`,
  ]) {
    const [text] = referenceCodec.textOfReplies(
      encodeReply(Buffer.from(`{"push":{"pub":{"data":${data}}}}`)),
    );
    assert.equal(text, `{"push":{"pub":{"data":${data}}}}`);
  }
});

test("space between tokens does no harm", () => {
  const text = ' { "push" : { "channel":"c" ,\t"pub": { "tags" : { "topic" : "a" } , "data" :\n 1 } } } ';
  assert.deepEqual(read(text), { push: { channel: "c", pub: { tags: { topic: "a" }, data: 1 } } });
});

test("what the schema does not have is left out, and all that follows is there", () => {
  const text =
    '{"news":{"a":["}",{"b":"]"}]},"id":5,"subscribe":{"n\\u0065ws":null,"epoch":"\\u0065"},"more":1}';
  assert.deepEqual(read(text), { id: 5, subscribe: { epoch: "e" } });
});

test("a number that no reply has does not spoil what follows", () => {
  for (const number of ["-1", "1e400", "null"])
    assert.deepEqual(read(`{"id":${number},"publish":{}}`), { id: 0, publish: {} });
});

test("lengths of any size are right", () => {
  for (const length of [0, 1, 100, 120, 127, 128, 129, 16_370, 16_383, 16_384, 16_385, 100_000, 2_097_160]) {
    const reply = {
      push: { channel: "c", pub: { data: "d".repeat(length), tags: { topic: "t".repeat(length) } } },
    };
    assert.deepEqual(read(JSON.stringify(reply)), reply);
  }
});

test("half a character becomes the sign for what cannot be shown, as Protobuf has no other text than UTF-8", () => {
  assert.deepEqual(read('{"push":{"channel":"a\\ud800b"}}'), { push: { channel: "a\ufffdb" } });
});

function read(json: string): object {
  const [reply, ...more] = referenceCodec.decodeReplies(encodeReply(Buffer.from(json)));
  assert.deepEqual(more, []);
  return reply ?? {};
}
