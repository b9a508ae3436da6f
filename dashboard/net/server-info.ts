import type { MqttAddress } from "../model/commands.js";
import { PROOF } from "./session.js";

/** What the server tells about itself, as far as the page needs it. */
export interface ServerInfo {
  readonly version: string | undefined;
  readonly mqtt: MqttAddress;
  /** Whether any topic filter can be used as the channel `mqtt:FILTER`. */
  readonly mqttChannels: boolean;
  /** Channels with a fixed name, for a server without `mqttChannels`. */
  readonly channels: readonly string[];
}

const TIMEOUT = 5_000;

/** Asks the server; without an answer the page's own host and the usual port are the best guess. */
export async function fetchServerInfo(base: URL): Promise<ServerInfo> {
  try {
    // A server that does not let everybody in tells more to somebody who has logged in.
    const response = await fetch(new URL("api/v1/info", base), {
      headers: PROOF,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.ok) return readServerInfo(await response.json(), base);
  } catch {
    // An old server, a proxy that hides the path, a cut connection: the guess below does for all.
  }
  return readServerInfo(undefined, base);
}

/** Reads the answer of `/api/v1/info`, filling in whatever is missing. */
export function readServerInfo(answer: unknown, base: URL): ServerInfo {
  const info = isRecord(answer) ? answer : {};
  const addresses = isRecord(info.addresses) ? info.addresses : {};
  const channels = Array.isArray(info.channels) ? info.channels : [];
  return {
    version: typeof info.version === "string" ? info.version : undefined,
    mqtt: readMqtt(addresses, bare(base.hostname)),
    mqttChannels: info.mqttChannels !== false,
    channels: channels.filter((channel): channel is string => typeof channel === "string"),
  };
}

/** The listener that the page's own machine can reach; of two the one without TLS, which needs no certificates. */
function readMqtt({ mqtt, mqtts }: Record<string, unknown>, pageHost: string): MqttAddress {
  const plain = splitAddress(mqtt, pageHost);
  const secure = splitAddress(mqtts, pageHost);
  if (secure && (!plain || (isLoopback(plain.host) && !isLoopback(pageHost))))
    return { ...secure, secure: true };
  return { ...(plain ?? { host: pageHost, port: "1883" }), secure: false };
}

/** Splits `HOST:PORT`. A listener on all addresses is reached at the one that the page came from. */
function splitAddress(address: unknown, pageHost: string): { host: string; port: string } | undefined {
  const [, listenHost, port] = /^(.*):(\d+)$/.exec(String(address)) ?? [];
  if (listenHost === undefined || port === undefined) return undefined;
  const host = bare(listenHost);
  return { host: host === "" || host === "0.0.0.0" || host === "::" ? pageHost : host, port };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** An IPv6 address without its brackets, as command lines take it. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
