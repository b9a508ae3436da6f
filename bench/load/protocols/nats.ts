import type { Client } from "../clients/client.js";
import type { Protocol } from "./protocol.js";

const LINE_END = "\r\n";
const MESSAGE = "MSG ";

/** NATS' own protocol. It knows no QoS: what it does is QoS 0. */
export const nats: Protocol = {
  opcode: "binary",
  messageSize,
  ping: { question: `PING${LINE_END}`, answer: `PONG${LINE_END}` },
  pingsFirst: true,
  async connect(client, name) {
    const greeting = await client.inbox.next("INFO");
    if (!greeting.toString().startsWith("INFO ")) throw new Error(`a client was greeted with ${greeting}`);
    // Protocol 0: the server does not tell about changes in its cluster.
    const options = { verbose: false, pedantic: false, lang: "bench", version: "1", protocol: 0, name };
    await confirmed(client, `CONNECT ${JSON.stringify(options)}${LINE_END}`);
  },
  async subscribe(client, filters) {
    const lines = filters.map((filter, index) => `SUB ${subjectOf(filter)} ${index + 1}${LINE_END}`);
    await confirmed(client, lines.join(""));
  },
  publication(topic, payload) {
    const head = Buffer.from(`PUB ${subjectOf(topic)} ${payload.length}${LINE_END}`);
    return { bytes: Buffer.concat([head, payload, Buffer.from(LINE_END)]) };
  },
};

/** Only a ping is always answered. */
async function confirmed(client: Client, lines: string): Promise<void> {
  client.send(Buffer.from(`${lines}PING${LINE_END}`));
  const answer = (await client.inbox.next("PONG")).toString();
  if (answer !== `PONG${LINE_END}`) throw new Error(`${lines.slice(0, 80)} was answered with ${answer}`);
}

/** A topic name or filter as NATS writes it. */
function subjectOf(topic: string): string {
  const tokens = topic.split("/").map((level) => (level === "+" ? "*" : level === "#" ? ">" : level));
  return tokens.join(".");
}

function messageSize(bytes: Buffer): number {
  const end = bytes.indexOf(LINE_END);
  if (end === -1) return Number.POSITIVE_INFINITY;
  const line = bytes.toString("latin1", 0, end);
  const size = end + LINE_END.length;
  if (!line.startsWith(MESSAGE)) return size;
  return size + Number(line.slice(line.lastIndexOf(" "))) + LINE_END.length;
}
