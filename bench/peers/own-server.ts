import type { Child } from "../process/children.js";
import { READY_MS, type Start } from "./peer.js";

/** Starts a server that is part of the benchmark; it prints its ports as one line of JSON. */
export async function startOwnServer<Ports>(
  { children }: Start,
  name: string,
): Promise<{ process: Child; ports: Ports }> {
  const child = await children.startScript(new URL(`./servers/${name}.ts`, import.meta.url), []);
  const readPorts = (line: string) => (line.startsWith("{") ? (JSON.parse(line) as Ports) : undefined);
  return { process: child, ports: await child.output.find(readPorts, `starting ${name}`, READY_MS) };
}
