import { WebSocket } from "ws";
import type { Teardown } from "../../helpers/teardown.js";
import { Random } from "../../model/random.js";
import { RawClient } from "../support/raw-client.js";
import { startServer, type TestServer } from "../support/server.js";
import { TestTokens } from "../support/test-tokens.js";
import { corpus } from "./corpus.js";
import { mutate } from "./mutation.js";

/** Frames of one session, as long as it lasts. */
const FRAMES = 30;
/** Bad request, invalid token, token expired on refresh, a frame over the limit, text that is not UTF-8. */
const ALLOWED = [3501, 3500, 3005, 1009, 1007];

export interface FuzzReport {
  readonly faults: readonly string[];
  sessions: number;
  frames: number;
  answers: number;
  /** Sessions that were ended, by code. */
  readonly closed: Map<number, number>;
}

/** A server with a channel of each kind, and something in them. */
export async function fuzzServer(t: Teardown): Promise<TestServer> {
  const publish = { topic: "rooms/{id}/set", qos: 0 as const, retain: false };
  const server = await startServer(t, {
    tokens: new TestTokens(),
    channels: [
      { channel: "log", topics: ["log/#"], history: { size: 10, ttl: 60_000 }, presence: true },
      { channel: "map", topics: ["map/#"], snapshot: true },
      { channel: "room:{id}", topics: ["rooms/{id}/#"], presence: true, publish },
      { channel: "secret", topics: ["secret"], requireToken: true },
    ],
  });
  for (let n = 0; n < 20; n++) {
    server.bus.send(`log/${n}`, String(n));
    server.bus.send(`map/${n}`, String(n));
  }
  return server;
}

/** Sessions that begin well and then send what is nearly right. */
export async function fuzz(t: Teardown, server: TestServer, seeds: readonly number[]): Promise<FuzzReport> {
  const faults: string[] = [];
  const report: FuzzReport = { faults, sessions: 0, frames: 0, answers: 0, closed: new Map() };
  for (const seed of seeds) {
    const before = faults.length;
    const sent = await session(t, server, new Random(seed), report, (text) =>
      faults.push(`seed ${seed}: ${text}`),
    );
    if (faults.length > before)
      faults.push(
        `its last frames: ${sent
          .slice(-3)
          .map((frame) => frame.slice(0, 300))
          .join(" | ")}`,
      );
    if (faults.length > 10) break;
  }
  for (const { msg, level, err } of server.log)
    if (Number(level) >= 50) faults.push(`the server's log: ${msg} ${JSON.stringify(err)}`);
  return report;
}

async function session(
  t: Teardown,
  { url }: TestServer,
  random: Random,
  report: FuzzReport,
  fault: (text: string) => void,
): Promise<string[]> {
  const client = await RawClient.connect(t, url);
  report.sessions++;
  const frames: string[] = [];
  for (let id = 2; id < FRAMES && client.socket.readyState === WebSocket.OPEN; id++) {
    const lines = Array.from({ length: random.chance(0.2) ? random.between(2, 5) : 1 }, () =>
      mutate(random.oneOf(corpus), id, random),
    );
    const frame = lines.join("\n");
    frames.push(frame);
    report.frames++;
    client.socket.send(random.chance(0.05) ? Buffer.from(frame) : frame);
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve));
  }
  // The end of what it sent, if it gets so far.
  const last = 1_000_000;
  client.socket.send(JSON.stringify({ id: last, unsubscribe: { channel: "mqtt:end" } }));
  await Promise.race([client.reply(last).catch(() => undefined), client.closed]);
  if (client.socket.readyState === WebSocket.OPEN) client.socket.close();
  const { code } = await client.closed;
  report.closed.set(code, (report.closed.get(code) ?? 0) + 1);
  report.answers += client.replies.length;
  // 1005: it closed by itself.
  if (code !== 1005 && !ALLOWED.includes(code)) fault(`closed with code ${code}`);
  checkAnswers(client, frames, fault);
  return frames;
}

/** No command has two answers, and none that was not sent has one. */
function checkAnswers(
  { replies }: RawClient,
  frames: readonly string[],
  fault: (text: string) => void,
): void {
  const asked = new Map<unknown, number>([
    [1, 1],
    [1_000_000, 1],
  ]);
  for (const line of frames.flatMap((frame) => frame.split("\n"))) {
    const id = idOf(line);
    if (id !== undefined) asked.set(id, (asked.get(id) ?? 0) + 1);
  }
  for (const { id } of replies) {
    if (id === undefined) continue;
    const left = (asked.get(id) ?? 0) - 1;
    asked.set(id, left);
    if (left < 0) fault(`command ${id} has an answer too many`);
  }
}

function idOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { id?: unknown } | null)?.id;
  } catch {
    return undefined;
  }
}
