import type { Caller } from "../caller.js";
import type { Command } from "../command.js";
import { connect } from "./connect.js";
import { history } from "./history.js";
import { presence, presenceStats } from "./presence.js";
import { publish, send } from "./publish.js";
import { refresh, subRefresh } from "./refresh.js";
import { rpc } from "./rpc.js";
import { subscribe } from "./subscribe.js";
import { unsubscribe } from "./unsubscribe.js";

/** Answers a command. What it throws, or rejects with, is a {@link Fault} for the client or a defect. */
export type Handler = (caller: Caller, command: Command) => void | Promise<void>;

/** Every request of the protocol that is served, by its name. */
export const commands: Readonly<Record<string, Handler>> = {
  connect,
  refresh,
  subscribe,
  sub_refresh: subRefresh,
  unsubscribe,
  publish,
  send,
  history,
  presence,
  presence_stats: presenceStats,
  rpc,
};
