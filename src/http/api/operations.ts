import { batch } from "./batch.js";
import { broadcast } from "./broadcast.js";
import { getChannel, listChannels } from "./channels.js";
import { listSubscriptions } from "./client-subscriptions.js";
import { listClients } from "./clients.js";
import { disconnectClient } from "./disconnect-client.js";
import { getHistory } from "./history.js";
import type { Description, Operation } from "./operation.js";
import type { CallParts } from "./parts.js";
import { getPresence, getPresenceStats } from "./presence.js";
import { publish } from "./publish.js";
import { deleteRetained, listRetained } from "./retained.js";
import { serverOperations } from "./server.js";
import { listSlowClients } from "./slow-clients.js";
import { disconnectUser, refreshUser, sendToUser, subscribeUser, unsubscribeUser } from "./users.js";

/** All that the API does, in the order of the description. */
export const operations: readonly Operation<CallParts>[] = [
  publish,
  broadcast,
  batch,
  listChannels,
  getChannel,
  getHistory,
  getPresence,
  getPresenceStats,
  listClients,
  listSlowClients,
  listSubscriptions,
  disconnectClient,
  subscribeUser,
  unsubscribeUser,
  disconnectUser,
  refreshUser,
  sendToUser,
  listRetained,
  deleteRetained,
];

/** Everything over HTTP that has a description. */
export const descriptions: readonly Description[] = [...operations, ...serverOperations];
