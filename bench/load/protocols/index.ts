import { centrifugal } from "./centrifugal.js";
import { mqtt } from "./mqtt.js";
import { nats } from "./nats.js";
import { plain } from "./plain.js";
import type { Protocol } from "./protocol.js";

export const protocols = { mqtt, nats, centrifugal, plain } as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof protocols;
