/** Where the broker listens. */
export interface MqttAddress {
  readonly host: string;
  readonly port: string;
  /** Whether it takes TLS only. */
  readonly secure: boolean;
}

/** The address as a URL; an IPv6 address needs its brackets there. */
export function mqttUrl({ host, port, secure }: MqttAddress): string {
  return `${secure ? "mqtts" : "mqtt"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Shell commands that make something arrive on this server, for whoever has logged in. */
export function firstCommands(address: MqttAddress, topic: string, payload: string, user?: string) {
  const { host, port, secure } = address;
  const url = mqttUrl(address);
  const elsewhere = url === "mqtt://127.0.0.1:1883" || url === "mqtt://localhost:1883" ? "" : ` --url ${url}`;
  const account = user === undefined ? "" : ` -u ${quoted(user)} -P PASSWORD`;
  const trust = secure ? " --tls-use-os-certs" : "";
  return {
    publish: `mosquitto_pub -h ${host} -p ${port}${trust}${account} -t ${topic} -m '${payload}'`,
    simulate: `npx causeway simulate${elsewhere}${account}`,
  };
}

/** As one word of a shell's command line. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
