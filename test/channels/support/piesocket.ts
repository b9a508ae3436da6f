import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type PieSocket from "piesocket-js";
import { WebSocket } from "ws";
import { certificate } from "../../helpers/certificate.js";
import type { Teardown } from "../../helpers/teardown.js";

export interface Pem {
  /** With the same in cert.pem, key.pem and ca.pem. */
  readonly directory: string;
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** What a server needs that the package can reach: it knows no other scheme than wss. */
export async function pieCertificate(t: Teardown): Promise<Pem> {
  const directory = await certificate(t);
  const read = (name: string): Promise<string> => readFile(join(directory, name), "utf8");
  return {
    directory,
    cert: await read("cert.pem"),
    key: await read("key.pem"),
    ca: await read("ca.pem"),
  };
}

let trusted = "";

class TrustingWebSocket extends WebSocket {
  constructor(url: string) {
    super(url, { ca: trusted });
  }
}

/** The package's client in Node, where it takes the global WebSocket of the moment when it is first imported. */
export async function pieSocket(
  t: TestContext,
  ca: string,
  options: Readonly<Record<string, unknown>>,
): Promise<PieSocket> {
  trusted = ca;
  Object.assign(globalThis, { WebSocket: TrustingWebSocket });
  const { default: Package } = await import("piesocket-js");
  const client = new Package(options);
  t.after(() => {
    for (const channel of Object.keys(client.getConnections())) client.unsubscribe(channel);
  });
  return client;
}
