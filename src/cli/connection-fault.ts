import { type BrokerUrl, bracketed, formatBrokerUrl } from "./broker-url.js";

/** CONNACK return codes [MQTT-3.2.2.3]. */
const REFUSALS = new Map<unknown, string>([
  [1, "it does not speak MQTT 3.1.1"],
  [2, "it does not accept the client id; choose another with --id"],
  [3, "it is not available at the moment; try again later"],
  [4, "bad user name or password; check --username and --password"],
  [5, "not authorized; give --username and --password of an account that may connect"],
]);

const NETWORK: Record<string, (at: string, host: string) => string> = {
  ECONNREFUSED: (at) => `nothing listens on ${at}; is the broker running? Start it with: npm start`,
  ENOTFOUND: (_, host) => `unknown host ${host}; check the name in the URL`,
  EAI_AGAIN: (_, host) =>
    `the name ${host} cannot be looked up at the moment; check the network, or the name in the URL`,
  ETIMEDOUT: (at) => `${at} does not answer; check host, port and firewall`,
  EHOSTUNREACH: (at) => `${at} cannot be reached; check the host and the network`,
  ENETUNREACH: (at) => `${at} cannot be reached; check the host and the network`,
};

/** A failed connection, told in one line that says what to do. */
export function describeFault(error: unknown, broker: BrokerUrl): string {
  const { code, message } = error as { code?: unknown; message?: string };
  const at = `${bracketed(broker.host)}:${broker.port}`;
  const refusal = REFUSALS.get(code);
  if (refusal) return `the broker at ${at} refused the connection: ${refusal}`;
  const network = typeof code === "string" ? NETWORK[code] : undefined;
  if (network) return network(at, broker.host);
  return describeTls(code, message ?? "", at, broker) ?? describeTalk(message ?? "", at, broker);
}

function describeTls(code: unknown, message: string, at: string, { host }: BrokerUrl): string | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `the certificate of ${at} is not for ${host}; use a name that it holds, or --insecure to accept it anyway`;
  if (code === "CERT_HAS_EXPIRED")
    return `the certificate of ${at} has expired; renew it, or accept it with --insecure`;
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(String(code)))
    return `the certificate of ${at} is not trusted; name its authority with --ca FILE, or accept it with --insecure`;
  if (code === "EPROTO" || /^ERR_SSL/.test(String(code)) || /wrong version number|SSL routines/.test(message))
    return `${at} does not speak TLS; use mqtt:// or ws:// for a port without it`;
  return undefined;
}

function describeTalk(message: string, at: string, broker: BrokerUrl): string {
  const response = /Unexpected server response: (\d+)/.exec(message);
  if (response)
    return `${at} answered HTTP status ${response[1]}: MQTT over WebSocket is not served at ${broker.path}; check the path in the URL`;
  if (message === "connack timeout")
    return `${at} took the connection and did not answer; does it speak MQTT (${formatBrokerUrl(broker)})?`;
  return `${at} closed the connection before it answered (${message || "no reason given"}); check that ${formatBrokerUrl(broker)} is an MQTT listener`;
}
