import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Ports of the loopback interface that are free now, for a server that cannot pick one itself. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  // All are held until all are known, so that they differ.
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
