import type { Socket } from "node:net";
import { parseProxyHeader } from "./header.js";
import { ProxyFault, type ProxyHeader } from "./source.js";

/** The proxy has not sent its whole header in time. */
export class ProxyTimeout extends Error {}

/**
 * Takes the header that a new socket begins with, and leaves what follows to be read by whoever is next. Calls back once:
 * with the header, or with what is wrong; never when the socket is closed before.
 */
export function readProxyHeader(
  socket: Socket,
  timeout: number,
  callback: (error: Error | undefined, header?: ProxyHeader) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const finish = (error: Error | undefined, header?: ProxyHeader) => {
    clearTimeout(timer);
    socket.off("readable", take).off("end", ended).off("close", closed);
    if (header && bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
    // A stream is back in its first state, in which anybody can begin to read it, one tick after its listener is gone.
    process.nextTick(callback, error, header);
  };
  const take = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    bytes = Buffer.concat([bytes, chunk]);
    try {
      const header = parseProxyHeader(bytes);
      if (header) finish(undefined, header);
    } catch (error) {
      finish(error as Error);
    }
  };
  const ended = () => finish(new ProxyFault("the connection ended within its PROXY header"));
  const closed = () => clearTimeout(timer);
  const timer = setTimeout(() => finish(new ProxyTimeout(`no PROXY header within ${timeout} ms`)), timeout);
  // That for errors stays: nobody else may be listening yet when one comes.
  socket.on("error", ignore).on("readable", take).on("end", ended).on("close", closed);
}

/** The close event follows. */
function ignore(): void {}
