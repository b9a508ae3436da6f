import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { makeCertificate } from "../../src/cli/certificate.js";
import type { Teardown } from "../helpers/teardown.js";

/** Lets a test do with each connection what it likes. */
async function listen(scope: Teardown, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  scope.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that answers each chunk it gets, or closes when it has no answer. */
export function startServer(
  scope: Teardown,
  answer: (chunk: Buffer) => Buffer | string | undefined,
): Promise<number> {
  const server = createServer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      const reply = answer(chunk);
      if (reply === undefined) socket.destroy();
      else socket.write(reply);
    });
  });
  return listen(scope, server);
}

/** A way to a broker that can be cut. */
export async function startProxy(scope: Teardown, url: string) {
  const sockets = new Set<Socket>();
  const port = await listen(
    scope,
    createServer((socket) => {
      sockets.add(socket.on("close", () => sockets.delete(socket)));
      join(socket, url);
    }),
  );
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { port, cut };
}

/** TLS before a broker, with a certificate that nobody knows. */
export async function startTls(scope: Teardown, url: string) {
  const { ca, cert, key } = await makeCertificate(
    ["localhost", "127.0.0.1"],
    new Date(Date.now() + 86_400_000),
  );
  const server = createTlsServer({ cert, key }, (socket) => join(socket, url));
  server.on("tlsClientError", () => {});
  return { port: await listen(scope, server), ca };
}

function join(socket: Socket, url: string): void {
  const { hostname, port } = new URL(url);
  const onward = connect(Number(port), hostname);
  socket.pipe(onward).pipe(socket);
  socket.on("error", () => {}).on("close", () => onward.destroy());
  onward.on("error", () => {}).on("close", () => socket.destroy());
}
