import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect as openTls, type TLSSocket } from "node:tls";
import mqttPacket from "mqtt-packet";
import { makeCertificate } from "../../src/cli/certificate.js";
import { type LogLine, type RunningServer, startServer } from "../helpers/server.js";
import type { Teardown } from "../helpers/teardown.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";

/** A directory with files of TLS, and a server that uses them. */
export class TlsGround {
  readonly directory: string;
  readonly #t: Teardown;
  #server: RunningServer | undefined;

  private constructor(t: Teardown, directory: string) {
    this.#t = t;
    this.directory = directory;
  }

  static async create(t: Teardown): Promise<TlsGround> {
    const directory = await temporaryDirectory(t, "tls");
    return new TlsGround(t, directory);
  }

  get server(): RunningServer {
    if (!this.#server) throw new Error("it is not started yet");
    return this.#server;
  }

  get port(): number {
    return Number(this.server.addresses.mqtts?.split(":").at(-1));
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  async write(name: string, text: string): Promise<string> {
    await writeFile(this.file(name), text);
    return this.file(name);
  }

  /** Writes NAME.pem and NAME.key; gives the CA that signed them, PEM. */
  async pair(name: string, hosts: readonly string[] = ["localhost"], days = 30): Promise<string> {
    const made = await makeCertificate(hosts, new Date(Date.now() + days * 86_400_000));
    await this.write(`${name}.key`, made.key);
    await this.write(`${name}.pem`, made.cert);
    return made.ca;
  }

  /** Starts the server with the pair `server`; `tls` and `more` go into its configuration. */
  async start(tls: object = {}, more: object = {}): Promise<RunningServer> {
    this.#server = await startServer(this.#t, {
      config: {
        allowAnonymous: true,
        tls: { cert: this.file("server.pem"), key: this.file("server.key"), ...tls },
        ...more,
      },
      args: ["--mqtts", "127.0.0.1:0"],
    });
    return this.#server;
  }

  /** The next line of the log that says this, from now on. */
  next(text: string | RegExp): Promise<LogLine> {
    const { log } = this.server;
    const already = log.length;
    return this.server.logged(
      (line) =>
        log.indexOf(line) >= already && (typeof text === "string" ? line.msg === text : text.test(line.msg)),
    );
  }

  /** A handshake, and CONNECT; resolves once CONNACK has come. */
  async connect(options: ConnectionOptions, port = this.port): Promise<TLSSocket> {
    const socket = openTls({ host: "127.0.0.1", servername: "localhost", port, ...options });
    this.#t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    await opened(socket);
    socket.write(mqttPacket.generate({ cmd: "connect", clientId: "", clean: true, keepalive: 0 }));
    const [answer] = await Promise.race([
      once(socket, "data"),
      once(socket, "close").then(() => [Buffer.alloc(0)]),
    ]);
    if ((answer as Buffer)[0] !== 0x20) throw new Error("the connection was closed before CONNACK");
    return socket;
  }
}

/** Resolves after the client's side of a handshake; rejects with why there was none. */
export async function opened(socket: TLSSocket): Promise<void> {
  await Promise.race([
    once(socket, "secureConnect"),
    once(socket, "close").then(() => {
      throw new Error("the connection was closed in the handshake");
    }),
  ]);
}

/** The serial number of what the server has shown. */
export function serialOf(socket: TLSSocket): string {
  return socket.getPeerX509Certificate()?.serialNumber ?? "";
}
