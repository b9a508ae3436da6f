import assert from "node:assert/strict";
import { test } from "node:test";
import type { Line } from "../../../../src/gateway/codec.js";
import { NotACommand } from "../../../../src/gateway/command.js";
import { ProtobufCodec } from "../../../../src/gateway/protobuf/protobuf-codec.js";
import { referenceCodec } from "../../../channels/support/reference-codec.js";

const codec = new ProtobufCodec();
const filter = {
  op: "and",
  nodes: [
    { key: "topic", cmp: "eq", val: "é" },
    { op: "not", nodes: [{ key: "k", cmp: "in", vals: ["a", "b", ""] }] },
  ],
};

/** Every field of every command that the server looks at. */
const commands: Record<string, unknown>[] = [
  {
    id: 1,
    connect: {
      token: "t",
      subs: { 'a"b\n': { recover: true, epoch: "e", offset: 2 ** 53 }, __proto__x: {} },
      name: "n",
      version: "v",
      headers: { a: "b", c: "" },
    },
  },
  {
    id: 2 ** 32 - 1,
    subscribe: {
      channel: "c",
      token: "t",
      recover: true,
      epoch: "e",
      offset: 300,
      positioned: true,
      recoverable: true,
      join_leave: true,
      tf: filter,
      flag: 3,
      type: 1,
      phase: 2,
      cursor: "c",
      limit: -1,
      asc: true,
    },
  },
  { id: 3, unsubscribe: { channel: "c" } },
  { id: 4, publish: { channel: "c", data: { a: [1, "\u{1F600}"] }, type: 1, key: "k", removed: true } },
  { id: 5, presence: { channel: "c" } },
  { id: 6, presence_stats: { channel: "c" } },
  { id: 7, history: { channel: "c", limit: -1, since: { epoch: "e", offset: 1 }, reverse: true } },
  { id: 8, ping: {} },
  { send: { data: null } },
  { id: 9, rpc: { data: { channel: "c", data: 1 }, method: "request" } },
  { id: 10, refresh: { token: "t" } },
  { id: 11, sub_refresh: { channel: "c", token: "t", type: 0 } },
];

for (const command of commands)
  test(`what the reference library writes is read: ${Object.keys(command).at(-1)}`, () => {
    assert.deepEqual(parsed(referenceCodec.encodeCommands([command])), [command]);
  });

test("many commands in a message come one by one; pongs are none", () => {
  assert.deepEqual(parsed(referenceCodec.encodeCommands([...commands, {}, ...commands, {}])), [
    ...commands,
    ...commands,
  ]);
});

test("what the server does not look at may be anything", () => {
  const bytes = Buffer.from([0xff, 0x00]);
  const all = [
    { id: 1, connect: { data: bytes, name: "n" } },
    { id: 2, subscribe: { channel: "c", data: Buffer.from('{"maxRate":1}'), delta: "fossil" } },
  ];
  assert.deepEqual(parsed(referenceCodec.encodeCommands(all)), [
    { id: 1, connect: { name: "n" } },
    { id: 2, subscribe: { channel: "c", data: { maxRate: 1 } } },
  ]);
});

test("data stays as it was written, on one line", () => {
  const data = '{"b": 1.50,\r\n\n "a":12345678901234567890,"a":"x\\n"}';
  const [line] = lines(referenceCodec.encodeCommands([{ id: 1, publish: { data: Buffer.from(data) } }]));
  assert.equal(line?.text, '{"id":1,"publish":{"data":{"b": 1.50,  "a":12345678901234567890,"a":"x\\n"}}}');
});

for (const [what, data] of [
  ["text", "hello"],
  ["nothing", " "],
  ["more than one value", '1},"send":{"data":2'],
  ["half a value", '{"a":'],
  ["not UTF-8", Buffer.from('"\xff"', "latin1")],
  ["preceded by a byte order mark", "\ufeff1"],
] as const)
  for (const request of ["publish", "rpc", "send", "subscribe"])
    test(`the data of ${request} that is ${what} is a fault of that command alone`, () => {
      const bytes = Buffer.from(data);
      const [first, second, ...more] = lines(
        referenceCodec.encodeCommands([
          { id: 8, [request]: { data: bytes } },
          { id: 9, unsubscribe: { channel: "c" } },
        ]),
      );
      assert.equal(first?.fault?.code, 107);
      assert.match(first?.fault?.message ?? "", new RegExp(`${request}\\.data must be JSON`));
      assert.equal(JSON.parse(first?.text ?? "").id, 8);
      assert.deepEqual(second, { text: '{"id":9,"unsubscribe":{"channel":"c"}}' });
      assert.deepEqual(more, []);
    });

test("a number that JavaScript does not have is a fault of that command alone", () => {
  // field 5 (subscribe) with field 7 (offset): 2^53 + 1, and the largest of 64 bits.
  for (const offset of ["8180808080808010", "ffffffffffffffffff01"]) {
    const subscribe = `38${offset}`;
    const command = `0809 2a${hexLength(subscribe)}${subscribe}`.replaceAll(" ", "");
    const [line] = lines(Buffer.from(`${hexLength(command)}${command}`, "hex"));
    assert.equal(line?.fault?.code, 107);
    assert.match(line?.fault?.message ?? "", /subscribe\.offset must not be larger than 9007199254740992/);
    assert.equal(line?.text, '{"id":9}');
  }
});

test("fields that nobody knows are skipped, whatever their type; so are known ones of another type", () => {
  const unknown = "a006ffffffffffffffffff01 a1060000000000000000 a50600000000 a2060401020304 2005".replaceAll(
    " ",
    "",
  );
  const command = `${unknown}0805${unknown}32030a0163${unknown}`;
  assert.deepEqual(parsed(Buffer.from(`${hexLength(command)}${command}`, "hex")), [
    { id: 5, unsubscribe: { channel: "c" } },
  ]);
});

test("what comes twice counts as it came last", () => {
  assert.deepEqual(parsed(Buffer.from("0e080132030a016132030a01620802", "hex")), [
    { id: 2, unsubscribe: { channel: "b" } },
  ]);
});

test("a map's entry without a key or a value has empty ones", () => {
  // connect with subs {"": {}} and headers {"": ""}, each entry without a byte.
  assert.deepEqual(parsed(Buffer.from("08080122041a003200", "hex")), [
    { id: 1, connect: { subs: { "": {} }, headers: { "": "" } } },
  ]);
});

const notCommands: [string, string][] = [
  ["a length that is longer than the message", "05 0801"],
  ["a length that does not end", "ff"],
  ["a huge length", "ffffffffffffffffff01"],
  ["a length of more than 64 bits", "ffffffffffffffffffff01"],
  ["a text that is longer than its message", "05 3203 0a05 63"],
  ["a message that is longer than the one around it", "04 32 04 0a 00"],
  ["a field without a number", "02 00 01"],
  ["a group", "02 0b 0c"],
  ["a wire type that does not exist", "02 0e 00"],
  ["a number that does not end", "02 08 ff"],
  ["a number of more than 64 bits", "0d 08 ffffffffffffffffffffff01"],
  ["text that is not UTF-8", "08 0801 3204 0a02 c328"],
  ["a field of eight bytes that ends early", "03 a10600"],
  ["a field of four bytes that ends early", "03 a50600"],
];

for (const [what, hex] of notCommands)
  test(`${what} is not the protocol`, () => {
    assert.throws(() => lines(Buffer.from(hex.replaceAll(" ", ""), "hex")), NotACommand);
  });

test("what is nested too deeply is not the protocol", () => {
  const nested = (levels: number): object => (levels === 0 ? {} : { nodes: [nested(levels - 1)] });
  const command = (levels: number) =>
    referenceCodec.encodeCommands([{ id: 1, subscribe: { channel: "c", tf: nested(levels) } }]);
  assert.equal(lines(command(50)).length, 1);
  assert.throws(() => lines(command(500)), NotACommand);
});

test("more than 10,000 commands in a message are not the protocol", () => {
  const command = Buffer.from(referenceCodec.encodeCommands([{ id: 1, unsubscribe: { channel: "c" } }]));
  const message = (count: number) => Buffer.concat(Array.from({ length: count }, () => command));
  assert.equal(lines(message(10_000)).length, 10_000);
  assert.throws(() => lines(message(10_001)), NotACommand);
});

test("what came before the garbage is handed on", () => {
  const found: Line[] = [];
  const good = referenceCodec.encodeCommands([{ id: 1, unsubscribe: { channel: "c" } }]);
  assert.throws(() => {
    for (const line of codec.decode(Buffer.concat([good, Buffer.from([0xff])]))) found.push(line);
  }, NotACommand);
  assert.equal(found.length, 1);
});

test("no bytes do any other harm", () => {
  const whole = Buffer.from(referenceCodec.encodeCommands(commands));
  for (let end = 0; end <= whole.length; end++) survive(whole.subarray(0, end));
  const random = seeded(7);
  for (let round = 0; round < 5_000; round++) {
    const bytes = Buffer.from(whole.subarray(0, Math.floor(random() * whole.length)));
    for (let i = 0; i < 1 + random() * 4 && bytes.length > 0; i++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    survive(bytes);
  }
  for (let round = 0; round < 5_000; round++)
    survive(Buffer.from(Array.from({ length: random() * 40 }, () => Math.floor(random() * 256))));
});

/** Every line is a JSON object, or the message is refused. */
function survive(bytes: Buffer): void {
  try {
    for (const { text } of codec.decode(bytes)) assert.equal(typeof JSON.parse(text), "object", text);
  } catch (error) {
    assert.ok(error instanceof NotACommand, `${bytes.toString("hex")}: ${error}`);
  }
}

function lines(message: Uint8Array): Line[] {
  return [...codec.decode(Buffer.from(message))];
}

function parsed(message: Uint8Array): unknown[] {
  return lines(message).map(({ text, fault }) => {
    assert.equal(fault, undefined);
    return JSON.parse(text);
  });
}

function hexLength(hex: string): string {
  return Buffer.from([hex.length / 2]).toString("hex");
}

/** Numbers from 0 to 1 that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
