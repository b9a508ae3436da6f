import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { TestContext } from "node:test";
import { WebSocket } from "ws";
import type { Grant } from "../../../src/access/grant.js";
import { RawClient } from "./raw-client.js";
import { type Identity, TestTokens } from "./test-tokens.js";

export interface Frame {
  readonly event: string;
  readonly data: unknown;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

/** A bare WebSocket that keeps its frames. */
export class PlainClient {
  readonly raw: RawClient;

  private constructor(raw: RawClient) {
    this.raw = raw;
  }

  static async open(t: TestContext, url: string): Promise<PlainClient> {
    return new PlainClient(await RawClient.open(t, url));
  }

  get all(): readonly Frame[] {
    return this.raw.replies as never;
  }

  /** The first so many frames, once they are here; of one event when it is named. */
  frames(count: number, event?: string): Promise<Frame[]> {
    const wanted = (): Frame[] => this.all.filter((frame) => event === undefined || frame.event === event);
    return this.raw.until(
      () => (wanted().length >= count ? wanted().slice(0, count) : undefined),
      `${count} frames`,
    );
  }

  publish(event: string, data: unknown, meta?: unknown): void {
    this.raw.socket.send(JSON.stringify({ event, data, meta }));
  }

  async close(): Promise<void> {
    this.raw.socket.close();
    await this.raw.closed;
  }
}

/** A token of {@link TestTokens}, as it stands in a URL: one for a channel when it names one. */
export function token(says: Partial<Identity> | (Partial<Grant> & Pick<Grant, "channel">)): string {
  return encodeURIComponent("channel" in says ? TestTokens.subscription(says) : TestTokens.connection(says));
}

/** What the server says of a failure. */
export function faultOf(frame: Frame | undefined): { code: number; message: string } {
  assert.equal(frame?.event, "system:error");
  return frame.data as { code: number; message: string };
}

/** What an upgrade is refused with. */
export async function refusalOf(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; error: string }> {
  const socket = new WebSocket(url, { headers });
  const refused = once(socket, "unexpected-response");
  const opened = once(socket, "open").then(() => {
    socket.terminate();
    throw new assert.AssertionError({ message: `${url} was not refused` });
  });
  const [, response] = (await Promise.race([refused, opened])) as [unknown, IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode ?? 0, error: JSON.parse(body).error };
}
