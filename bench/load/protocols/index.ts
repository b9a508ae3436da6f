import { centrifugal } from "./centrifugal.js";
import { centrifugoApi } from "./centrifugo-api.js";
import { mqtt } from "./mqtt.js";
import { nats } from "./nats.js";
import { plain } from "./plain.js";
import type { Protocol } from "./protocol.js";
import { socketio } from "./socketio.js";

export const protocols = {
  mqtt,
  nats,
  centrifugal,
  "centrifugo-api": centrifugoApi,
  socketio,
  plain,
} as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof protocols;
