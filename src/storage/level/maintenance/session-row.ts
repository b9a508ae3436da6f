import { clientKey, Kind } from "../format/keys.js";
import { encodeSession } from "../format/records.js";
import { sealed } from "../format/row.js";
import type { Operation } from "../writer.js";

export function sealedSession(clientId: string, awaySince: number | undefined): Operation {
  const key = clientKey(Kind.session, clientId);
  return { type: "put", key, value: sealed(key, encodeSession(awaySince)) };
}
