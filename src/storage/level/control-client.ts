import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { StoreError } from "../store.js";
import type { OnProgress, Progress } from "./backup.js";
import { controlAddress, requirePrivate } from "./control-address.js";
import type { ControlAnswer, ControlRequest } from "./control-message.js";
import { linesOf } from "./maintenance/lines.js";

const LONGEST_ANSWER = 64 * 1024;

/** Asks the broker that runs on a data directory for a backup. Undefined: none is to be reached. */
export async function askForBackup(
  data: string,
  directory: string,
  onProgress?: OnProgress,
): Promise<Progress | undefined> {
  const socket = await reach(data);
  if (!socket) return undefined;
  const request: ControlRequest = { command: "backup", directory };
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const text of linesOf(socket, LONGEST_ANSWER)) {
      const answer = JSON.parse(text) as ControlAnswer;
      if ("error" in answer) throw new StoreError(answer.error);
      if ("done" in answer) return answer.done;
      onProgress?.(answer.progress);
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
  } finally {
    socket.destroy();
  }
  throw new StoreError(
    "the broker ended before the backup was complete; nothing is left of it, so ask again",
  );
}

async function reach(data: string): Promise<Socket | undefined> {
  try {
    const address = await controlAddress(data);
    await requirePrivate(address, data);
    const socket = connect(address.socket);
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined; // nobody listens, or it is not ours
  }
}
