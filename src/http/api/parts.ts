import type { Channels } from "./channels.js";
import type { ClientSource } from "./client-source.js";
import type { Topics } from "./delivery.js";
import type { Histories } from "./history.js";
import type { Presences } from "./presence.js";
import type { Retained } from "./retained.js";
import type { Users } from "./users.js";

/** What the operations work on in one call. */
export interface CallParts extends Omit<ApiParts, "topics"> {
  readonly topics: Topics;
}

/** The parts as the server has them. */
export interface ApiParts {
  /** For each call anew: the messages of a call keep their order, and wait for nobody else's. */
  readonly topics: () => Topics;
  readonly channels: Channels;
  readonly retained: Retained;
  readonly clients: readonly ClientSource[];
  readonly histories: Histories;
  readonly presences: Presences;
  readonly users: Users;
}
