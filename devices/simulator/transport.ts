import { connect, type IClientOptions, MqttClient } from "mqtt";
import websocketStream from "websocket-stream";

const HANDSHAKE_TIMEOUT = 10_000;

/** Where the broker is and how it is to be trusted. */
export interface Endpoint {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:`. */
  readonly url: string;
  readonly ca?: Buffer | undefined;
  readonly insecure?: boolean | undefined;
}

/** A client on its way to the broker over TCP, TLS or WebSocket; it reports through its events. */
export function openClient(endpoint: Endpoint, options: IClientOptions): MqttClient {
  const { url, ca, insecure } = endpoint;
  const trust = { ...(ca && { ca }), rejectUnauthorized: !insecure };
  if (/^wss?:/.test(url)) return new MqttClient((client) => openWebSocket(client, url, trust), options);
  return connect(url, { ...options, ...trust });
}

function openWebSocket(client: MqttClient, url: string, trust: { ca?: Buffer; rejectUnauthorized: boolean }) {
  const stream = websocketStream(url, "mqtt", {
    ...trust,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    perMessageDeflate: false,
  });
  // The stream passes on the socket's ErrorEvent, which the client takes for an error without a code and keeps to itself.
  stream.on("error", (event: Error & { error?: Error }) => client.emit("error", event.error ?? event));
  return stream;
}
