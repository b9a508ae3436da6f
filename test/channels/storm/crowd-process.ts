/*
 * Many clients in a process of their own, every transport in turn: `crowd-process.ts HOST:PORT COUNT MIN_DELAY MAX_DELAY`. Tells its parent
 * what happens to them.
 */
import { Centrifuge } from "centrifuge";
import { WebSocket } from "ws";
import { by, CARRIERS } from "../support/carrier.js";

/** What the parent is told. */
export type Note =
  /** A client is subscribed, and was told whether it has everything. */
  | {
      readonly kind: "subscribed";
      readonly client: number;
      readonly wasRecovering: boolean;
      readonly recovered: boolean;
    }
  /** What it has by now: publications, and whether their offsets left nothing out since it was told that it had everything. */
  | { readonly kind: "has"; readonly client: number; readonly count: number; readonly last: unknown }
  | { readonly kind: "fault"; readonly client: number; readonly text: string };

const [host = "", count = "0", minDelay = "0", maxDelay = "0"] = process.argv.slice(2);
const tell = (note: Note): void => void process.send?.(note);

for (let i = 0; i < Number(count); i++) join(i);
process.on("disconnect", () => process.exit());

function join(client: number): void {
  const [endpoints, options] = by(CARRIERS[client % CARRIERS.length] ?? "websocket", host);
  const centrifuge = new Centrifuge(endpoints, {
    ...options,
    websocket: WebSocket,
    minReconnectDelay: Number(minDelay),
    maxReconnectDelay: Number(maxDelay),
  });
  centrifuge.on("disconnected", ({ code, reason }) =>
    tell({ kind: "fault", client, text: `${code} ${reason}` }),
  );
  const subscription = centrifuge.newSubscription("storm");
  let offset = 0;
  let received = 0;
  subscription.on("unsubscribed", ({ code, reason }) =>
    tell({ kind: "fault", client, text: `${code} ${reason}` }),
  );
  subscription.on("subscribed", ({ wasRecovering, recovered, streamPosition }) => {
    if (recovered && streamPosition?.offset !== offset)
      tell({ kind: "fault", client, text: `recovered from ${streamPosition?.offset}, it had ${offset}` });
    offset = streamPosition?.offset ?? 0;
    tell({ kind: "subscribed", client, wasRecovering, recovered });
  });
  subscription.on("publication", ({ offset: next = 0, data }) => {
    if (next !== offset + 1) tell({ kind: "fault", client, text: `${next} after ${offset}` });
    offset = next;
    tell({ kind: "has", client, count: ++received, last: data });
  });
  subscription.subscribe();
  centrifuge.connect();
}
