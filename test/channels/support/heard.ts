import type { RawClient } from "./raw-client.js";

export interface Heard {
  readonly data: unknown;
  readonly offset?: number;
  readonly epoch?: string;
  readonly key?: string;
  readonly removed?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

interface Push {
  readonly channel: string;
  readonly pub?: Heard;
  readonly join?: { readonly info: Record<string, unknown> };
  readonly leave?: { readonly info: Record<string, unknown> };
  readonly unsubscribe?: { readonly code: number; readonly reason: string };
}

/** Everything that was pushed about a channel, in order. */
export function pushes(client: RawClient, channel: string): Push[] {
  return client.replies
    .flatMap(({ push }) => (push ? [push as Push] : []))
    .filter((push) => push.channel === channel);
}

/** The publications among it. */
export function publications(client: RawClient, channel: string): Heard[] {
  return pushes(client, channel).flatMap(({ pub }) => (pub ? [pub] : []));
}

/** Publications, once there are as many. */
export function heard(client: RawClient, channel: string, count: number): Promise<Heard[]> {
  return client.until(() => {
    const found = publications(client, channel);
    return found.length >= count ? found : undefined;
  }, `${count} publications of ${channel}`);
}

/** The result or the error in the reply to a command. */
export async function answer(client: RawClient, id: number): Promise<Record<string, unknown>> {
  const { id: _, ...rest } = await client.reply(id);
  const [value] = Object.values(rest);
  return value as Record<string, unknown>;
}

/** The code of the error in the reply to a command. */
export async function errorOf(client: RawClient, id: number): Promise<number | undefined> {
  const { error } = await client.reply(id);
  return (error as { code: number } | undefined)?.code;
}
