import type { Client } from "../clients/client.js";
import type { Protocol } from "./protocol.js";

/** A server's ping is an empty object, and so is the answer. */
const PING = "{}";

interface Command {
  readonly id: number;
  readonly connect?: object;
  readonly subscribe?: { readonly channel: string };
}

interface Reply {
  readonly id?: number;
  readonly error?: { readonly code: number; readonly message: string };
}

/** The JSON form of the Centrifugal client protocol; a topic filter is a channel. */
export const centrifugal: Protocol = {
  opcode: "text",
  ping: { question: PING, answer: PING },
  connect: (client) => ask(client, { id: 1, connect: {} }),
  async subscribe(client, filters) {
    for (const [index, filter] of filters.entries())
      await ask(client, { id: 2 + index, subscribe: { channel: `mqtt:${filter}` } });
  },
  publication() {
    throw new Error("the benchmark publishes over MQTT, not over the channel protocol");
  },
};

async function ask(client: Client, command: Command): Promise<void> {
  client.send(Buffer.from(JSON.stringify(command)));
  const answer = await client.inbox.next("reply");
  const reply = JSON.parse(answer.toString()) as Reply;
  if (reply.id !== command.id || reply.error)
    throw new Error(`${JSON.stringify(command)} was answered with ${answer}`);
}
