import type { Inbox } from "./inbox.js";
import type { Link } from "./link.js";

interface Command {
  readonly id: number;
  readonly connect?: object;
  readonly subscribe?: { readonly channel: string };
}

interface Reply {
  readonly id?: number;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Connects and subscribes, in the JSON form of the Centrifugal client protocol. */
export async function subscribeChannel(link: Link, inbox: Inbox, channel: string): Promise<void> {
  await ask(link, inbox, { id: 1, connect: {} });
  await ask(link, inbox, { id: 2, subscribe: { channel } });
}

async function ask(link: Link, inbox: Inbox, command: Command): Promise<void> {
  link.write(link.wrap(Buffer.from(JSON.stringify(command))));
  const answer = await inbox.next("reply");
  const reply = JSON.parse(answer.toString()) as Reply;
  if (reply.id !== command.id || reply.error)
    throw new Error(`${JSON.stringify(command)} was answered with ${answer}`);
}
