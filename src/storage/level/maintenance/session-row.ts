import { clientKey, Kind } from "../format/keys.js";
import { encodeSession, type SessionRecord } from "../format/records.js";
import { type Operation, sealedPut } from "../operation.js";

export function sealedSession(clientId: string, session: SessionRecord): Operation {
  return sealedPut(clientKey(Kind.session, clientId), encodeSession(session));
}
