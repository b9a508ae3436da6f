import type { RunningServer } from "../../helpers/server.js";
import type { Teardown } from "../../helpers/teardown.js";
import { RawHttp, request } from "./raw-http.js";

/** The first byte of a frame. */
export const FrameBits = { fin: 0x80, compressed: 0x40, text: 1, binary: 2, ping: 9 } as const;

const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44]);

export interface WebSocketRequest {
  readonly path: string;
  readonly protocol?: string;
  /** Asks for permessage-deflate. */
  readonly deflate?: boolean;
}

/** An upgraded socket whose frames are the caller's own. */
export async function openRawWebSocket(
  t: Teardown,
  server: RunningServer,
  { path, protocol, deflate }: WebSocketRequest,
): Promise<RawHttp> {
  const raw = await RawHttp.open(t, server);
  raw.socket.write(
    request(
      `GET ${path}`,
      `Host: ${server.addresses.http}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
      ...(deflate ? ["Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover"] : []),
    ),
  );
  await raw.until(() => raw.text.includes("\r\n\r\n"), "the upgrade");
  if (raw.statuses[0] !== 101) throw new Error(`no upgrade: ${raw.text.slice(0, 300)}`);
  return raw;
}

/** A frame as clients send them [RFC 6455, 5.2]. */
export function frame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = first;
  if (length < 126) header[1] = 0x80 | length;
  else if (length < 65_536) {
    header[1] = 0x80 | 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  const masked = Buffer.from(payload);
  for (let i = 0; i < length; i++) masked[i] = (masked[i] ?? 0) ^ (MASK[i % 4] ?? 0);
  return Buffer.concat([header, MASK, masked]);
}

/** The code of the closing frame at the end of what came, if there is one. */
export function closeCode(text: string): number | undefined {
  const bytes = Buffer.from(text, "latin1");
  const at = bytes.lastIndexOf(0x88);
  return at === -1 || at + 4 > bytes.length ? undefined : bytes.readUInt16BE(at + 2);
}
