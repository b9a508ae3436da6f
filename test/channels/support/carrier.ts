import type { Options, TransportEndpoint } from "centrifuge";
import { EventSource } from "eventsource";

/** The transports of the channel protocol, by the names that the reference client gives them. */
export const CARRIERS = ["websocket", "http_stream", "sse"] as const;
export type Carrier = (typeof CARRIERS)[number];

/** Where the reference client finds a server, given its host and port, by one transport alone. */
export function by(
  carrier: Carrier,
  host: string,
): [endpoints: TransportEndpoint[], options: Partial<Options>] {
  const scheme = carrier === "websocket" ? "ws" : "http";
  return [
    [{ transport: carrier, endpoint: `${scheme}://${host}/connection/${carrier}` }],
    { eventsource: EventSource, emulationEndpoint: `http://${host}/emulation` },
  ];
}
