import { clientKey, incomingKey, Kind, subscriptionKey } from "../format/keys.js";
import { encodeMessage, encodeSession, encodeWill } from "../format/records.js";
import { SEAL, seal } from "../format/row.js";
import { type Operation, sealedPut } from "../operation.js";
import { topicKey } from "../retained/topic-key.js";
import type { OldPlace, OldRow } from "./format-1.js";
import { MigratedQueue } from "./queue.js";

/** Rows of format 1, in their order, go in, and rows of format 2 come out. */
export class Conversion {
  #queue: MigratedQueue | undefined;

  take(row: OldRow): Operation[] {
    if (row.kind === "queued") return this.#enqueue(row);
    return [...this.finish(), convert(row)];
  }

  /** What is left of the queue that was taken last. */
  finish(): Operation[] {
    const rows = this.#queue?.finish() ?? [];
    this.#queue = undefined;
    return rows;
  }

  #enqueue(place: OldPlace): Operation[] {
    const finished = this.#queue && this.#queue.clientId !== place.clientId ? this.finish() : [];
    this.#queue ??= new MigratedQueue(place.clientId);
    return [...finished, ...this.#queue.take(place)];
  }
}

function convert(row: Exclude<OldRow, OldPlace>): Operation {
  switch (row.kind) {
    case "session":
      return sealedPut(clientKey(Kind.session, row.clientId), encodeSession({}));
    case "subscription":
      return sealedPut(subscriptionKey(row.clientId, row.filter), Buffer.from([row.qos]));
    case "incoming":
      return sealedPut(incomingKey(row.clientId, row.packetId), Buffer.alloc(0));
    case "will":
      return sealedPut(clientKey(Kind.will, row.will.clientId), encodeWill(row.will));
    case "retained": {
      const key = topicKey(row.message.topic);
      return { type: "put", key, value: seal(key, encodeMessage(row.message, SEAL)) };
    }
  }
}
