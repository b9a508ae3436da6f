import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import type { Teardown } from "../helpers/teardown.js";

/** Debian keeps it in a directory that is not on everybody's path. */
const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
const PATIENCE_MS = 10_000;

export interface Front {
  /** `tcp` passes bytes on, TLS included; `http` understands requests, and adds X-Forwarded-For. */
  readonly mode: "tcp" | "http";
  /** Where the server is, and how it is told about: `send-proxy`, `send-proxy-v2`, `send-proxy-v2-ssl`, or nothing. */
  readonly to: string;
  readonly options?: string;
}

/** Runs haproxy with one port for each front, until the test ends; resolves to the ports. */
export async function haproxy(t: Teardown, file: string, fronts: readonly Front[]): Promise<number[]> {
  const ports = await Promise.all(fronts.map(freePort));
  await writeFile(file, configuration(fronts, ports));
  const child = spawn("haproxy", ["-f", file, "-db"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH },
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  child.stdout.resume();
  const exited = once(child, "exit");
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
  });
  for (const port of ports)
    await Promise.race([
      accepts(port),
      exited.then(() => {
        throw new Error(`haproxy has ended: ${said}`);
      }),
    ]);
  return ports;
}

function configuration(fronts: readonly Front[], ports: readonly number[]): string {
  const head =
    "global\n  maxconn 500\ndefaults\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n";
  const parts = fronts.map(({ mode, to, options = "" }, index) =>
    [
      `listen front${index}`,
      `  bind 127.0.0.1:${ports[index]}`,
      `  mode ${mode}`,
      ...(mode === "http"
        ? ["  option forwardfor", "  http-request set-header X-Forwarded-Proto https"]
        : []),
      `  server causeway ${to} ${options}`,
      "",
    ].join("\n"),
  );
  return `${head}${parts.join("\n")}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** It opens its ports some time after its start, and says nothing then. */
async function accepts(port: number): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const socket = createConnection(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    if (Date.now() > end) throw new Error(`haproxy does not listen on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
