import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Runs a command line in a shell, as a user would who copied it. */
export async function runInShell(command: string): Promise<void> {
  const child = spawn("sh", ["-c", command], { stdio: ["ignore", "inherit", "inherit"], timeout: 20_000 });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${command}: exit code ${code}`);
}

export async function mosquittoPub(address: Address, topic: string, ...args: string[]): Promise<void> {
  const child = spawn("mosquitto_pub", [...addressArgs(address), "-t", topic, ...args], { timeout: 20_000 });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`mosquitto_pub to ${topic}: exit code ${code}`);
}

/** Subscribes; once that is acknowledged, `message` is the first payload that arrives. */
export async function mosquittoSub(
  t: TestContext,
  address: Address,
  filter: string,
): Promise<{ message: Promise<string> }> {
  // `-d` reports each packet, so that the subscription's acknowledgement can be waited for; it is seen in time only when
  // the output is buffered by the line, which mosquitto_sub by itself does on a terminal only.
  const args = [...addressArgs(address), "-t", filter, "-C", "1", "-W", "20", "-d", "-F", "payload=%p"];
  const child = spawn("stdbuf", ["-oL", "mosquitto_sub", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  const found = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match) resolve(match[1] ?? "");
      };
      child.stdout.on("data", look);
      child.once("close", () => reject(new Error(`mosquitto_sub ended without ${pattern}: ${output}`)));
      look();
    });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await found(/received SUBACK()/);
  return { message: found(/^payload=(.*)$/m) };
}

function addressArgs({ host, port }: Address): string[] {
  return ["-h", host, "-p", String(port)];
}
