import { readFileSync } from "node:fs";

const LISTEN = "0A";
/** 127.0.0.1 and ::1 as the kernel prints them, on a machine whose bytes run either way. */
const LOOPBACK = [
  "0100007F",
  "7F000001",
  "00000000000000000000000001000000",
  "00000000000000000000000000000001",
];

/** Throws when one of the ports can be reached from other machines: a server for a benchmark lets everybody in. */
export function requireLoopback(ports: readonly number[]): void {
  for (const [address, port] of listeningSockets())
    if (ports.includes(port) && !LOOPBACK.includes(address))
      throw new Error(`port ${port} is open to other machines; it must be open on 127.0.0.1 only`);
}

function listeningSockets(): [address: string, port: number][] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readTable(table).flatMap((row): [string, number][] => {
      const [, local = "", , state] = row.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      return state === LISTEN ? [[address, Number.parseInt(port, 16)]] : [];
    }),
  );
}

function readTable(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n").slice(1);
  } catch {
    return []; // no IPv6 here
  }
}
