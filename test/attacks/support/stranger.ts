import { connect, type Socket } from "node:net";
import mqttPacket from "mqtt-packet";
import type { RunningServer } from "../../helpers/server.js";

export interface Stranger {
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  /** The address that it comes from. */
  readonly localAddress?: string;
}

/** What became of a CONNECT: the code of CONNACK, or `closed` when there was none. */
export type Reception = number | "closed";

let strangers = 0;

/** Sends CONNECT, waits for what becomes of it, and goes away. */
export function knock({ mqtt }: Pick<RunningServer, "mqtt">, stranger: Stranger = {}): Promise<Reception> {
  const { clientId = `stranger-${++strangers}`, username, password = "", localAddress } = stranger;
  const socket: Socket = connect({ ...mqtt, ...(localAddress ? { localAddress } : {}) });
  socket.setNoDelay(true).on("error", () => undefined); // the close event follows
  const credentials = username === undefined ? {} : { username, password: Buffer.from(password) };
  const hello = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId, clean: true } as const;
  socket.write(mqttPacket.generate({ ...hello, keepalive: 0, ...credentials }));
  return new Promise((resolve) => {
    let reception: Reception = "closed";
    socket.once("data", (answer) => {
      if (answer[0] === 0x20) reception = answer[3] ?? 0;
      socket.destroy();
    });
    socket.once("close", () => resolve(reception));
  });
}
