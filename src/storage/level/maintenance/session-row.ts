import { clientKey, Kind } from "../format/keys.js";
import { encodeSession } from "../format/records.js";
import { type Operation, sealedPut } from "../operation.js";

export function sealedSession(clientId: string, awaySince: number | undefined): Operation {
  return sealedPut(clientKey(Kind.session, clientId), encodeSession(awaySince));
}
