import type { ProtocolName } from "../protocols/index.js";

/** Where a load connects to, and what is spoken there. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Over a WebSocket at this path; over plain TCP without it. */
  readonly path?: string;
  readonly protocol: ProtocolName;
}
