import type { Client } from "../clients/client.js";
import type { Protocol } from "./protocol.js";

/*
 * Packets of Engine.IO 4, of which those of Socket.IO 5 are messages: a digit of each, and JSON.
 */

const OPEN = "0";
const PING = "2";
const PONG = "3";
const CONNECT = "40";
const EVENT = "42";
const ACK = "43";

/** Socket.IO over a WebSocket from the beginning; a topic filter is a room. */
export const socketio: Protocol = {
  opcode: "text",
  ping: { question: PING, answer: PONG },
  async connect(client) {
    await expected(client, `${OPEN}{`);
    client.send(Buffer.from(CONNECT));
    await expected(client, `${CONNECT}{`);
  },
  async subscribe(client, filters) {
    for (const [id, filter] of filters.entries()) {
      client.send(Buffer.from(`${EVENT}${id}["subscribe",${JSON.stringify(filter)}]`));
      await expected(client, `${ACK}${id}[`);
    }
  },
  publication: (topic, payload) => ({
    bytes: Buffer.from(`${EVENT}["publish",${JSON.stringify(topic)},${payload}]`),
  }),
};

async function expected(client: Client, beginning: string): Promise<void> {
  const packet = (await client.inbox.next(`packet ${beginning}`)).toString();
  if (!packet.startsWith(beginning))
    throw new Error(`the server sent ${packet.slice(0, 80)} instead of ${beginning}`);
}
