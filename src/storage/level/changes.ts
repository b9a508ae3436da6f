import type { Change } from "../store.js";
import { clientKey, incomingKey, Kind, subscriptionKey } from "./format/keys.js";
import { encodeSession, encodeWill } from "./format/records.js";
import { type Operation, sealedPut } from "./operation.js";

const NOTHING = Buffer.alloc(0);

/** The row that a change writes or removes. */
export function operationOf(change: Exclude<Change, { type: "unretain" }>): Operation {
  const { clientId } = change.type === "put-will" ? change.will : change;
  switch (change.type) {
    case "put-session":
      return sealedPut(clientKey(Kind.session, clientId), encodeSession(change));
    case "subscribe":
      return sealedPut(subscriptionKey(clientId, change.filter), Buffer.of(change.qos));
    case "unsubscribe":
      return { type: "del", key: subscriptionKey(clientId, change.filter) };
    case "add-incoming":
      return sealedPut(incomingKey(clientId, change.packetId), NOTHING);
    case "remove-incoming":
      return { type: "del", key: incomingKey(clientId, change.packetId) };
    case "put-will":
      return sealedPut(clientKey(Kind.will, clientId), encodeWill(change.will));
    case "remove-will":
      return { type: "del", key: clientKey(Kind.will, clientId) };
  }
}
