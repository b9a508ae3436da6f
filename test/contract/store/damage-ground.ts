import { Kind, readClientKey } from "../../../src/storage/level/format/keys.js";
import { messageWith } from "../../unit/storage/hostile.js";
import { Client } from "./client.js";
import { collect, type Opened, open } from "./ground.js";
import type { LevelGround, LogLine } from "./level-ground.js";

const NAMES = ["dev1", "dev10"];
const STREAMS = ["s1", "s10"];

/** Rows of every kind, in a store that is closed. */
export async function fill(ground: LevelGround): Promise<void> {
  const { store } = await open(ground);
  const clients = NAMES.map((name) => Client.create(store, name));
  for (const [index, { clientId }] of clients.entries()) {
    store.write({ type: "put-session", clientId, awaySince: 1000 + index });
    for (const filter of ["a", "b/#"]) store.write({ type: "subscribe", clientId, filter, qos: 2 });
    for (const packetId of [7, 8]) store.write({ type: "add-incoming", clientId, packetId });
    store.write({ type: "put-will", will: { ...messageWith({ topic: "w" }), clientId, brokerId: "b" } });
    store.retain(messageWith({ topic: `retained/${index}`, retain: true }));
  }
  for (let group = 0; group < 4; group++) {
    for (const client of clients)
      store.enqueue(messageWith({ payload: Buffer.alloc(100, group) }), [client.place()]);
    const message = messageWith({ payload: Buffer.alloc(200, group) });
    store.enqueue(
      message,
      clients.map((client) => client.place()),
    );
    await store.flush();
  }
  for (const name of STREAMS)
    for (const offset of [5, 6, 7]) store.append(name, offset, Buffer.from(`${name} ${offset}`));
  for (const client of clients) {
    await client.receive(3);
    client.acknowledge(1);
    client.release(2);
  }
  await store.close();
}

/** Everything that is found, a line for each thing. */
export async function contents({ store, sessions }: Opened): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [name, session] of sessions) {
    found.add(`session ${name}: away since ${session.awaySince}`);
    for (const [filter, qos] of session.subscriptions) found.add(`subscription ${name} ${filter}: ${qos}`);
    for (const packetId of session.incoming) found.add(`incoming ${name} ${packetId}`);
    found.add(`state ${name}: ${session.passed} ${JSON.stringify(session.unacknowledged)}`);
    for (const { sequence, message } of await session.queue.read(0, 1000))
      found.add(`message ${name} ${sequence}: ${message.payload.toString("hex")}`);
  }
  for (const will of await collect(store.wills()))
    found.add(`will ${will.clientId}: ${JSON.stringify(will)}`);
  for (const { name } of await collect(store.streams()))
    for (const { offset, entry } of await store.readStream(name, -1, 1000))
      found.add(`stream ${name} ${offset}: ${entry}`);
  // By wildcard and each by itself.
  for (const filter of ["#", "retained/0", "retained/1"])
    for (const message of await collect(store.retained(filter)))
      found.add(`retained ${filter} ${message.topic}: ${JSON.stringify(message)}`);
  return found;
}

interface Loss {
  /** What may be lost with the row. */
  readonly lost: RegExp;
  /** What a line of the log must name. */
  readonly named: Partial<LogLine>;
}

export function lossOf(key: Buffer): Loss {
  if (key[0] === Kind.retained) {
    const topic = key.toString("utf8", 1).replace("\0", "/");
    return { lost: new RegExp(`^retained .*${topic}: `), named: { topic } };
  }
  if (key[0] === Kind.block) return { lost: /^message /, named: { block: Number(key.readBigUInt64BE(1)) } };
  const { clientId: client, suffix } = readClientKey(key);
  if (key[0] === Kind.stream) {
    const offset = suffix.length === 8 ? Number(suffix.readBigUInt64BE()) : 0;
    return { lost: new RegExp(`^stream ${client} ${offset}: `), named: { stream: client, offset } };
  }
  const lost = {
    [Kind.session]: `session ${client}:`,
    [Kind.subscription]: `subscription ${client} ${suffix}:`,
    [Kind.page]: `message ${client} `,
    [Kind.incoming]: `incoming ${client} ${suffix.length === 2 ? suffix.readUInt16BE() : ""}`,
    [Kind.will]: `will ${client}:`,
    [Kind.state]: `state ${client}:`,
  }[key[0] as number];
  return { lost: new RegExp(`^${lost}`), named: { client } };
}

export async function flip(ground: LevelGround, key: Buffer, at: (length: number) => number): Promise<void> {
  await ground.raw(async (level) => {
    const value = (await level.get(key)) ?? Buffer.alloc(0);
    const place = at(value.length);
    value[place] = (value[place] ?? 0) ^ 0x01;
    await level.put(key, value);
  });
}

export async function addOne({ store, sessions }: Opened): Promise<void> {
  for (const session of sessions.values())
    store.enqueue(messageWith({ payload: Buffer.alloc(100) }), [Client.of(session).place()]);
  await store.flush();
}
