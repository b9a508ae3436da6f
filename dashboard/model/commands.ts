/** Where the broker listens. */
export interface MqttAddress {
  readonly host: string;
  readonly port: string;
}

/** The address as a URL; an IPv6 address needs its brackets there. */
export function mqttUrl({ host, port }: MqttAddress): string {
  return `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Shell commands that make something arrive on this server. */
export function firstCommands(address: MqttAddress, topic: string, payload: string) {
  const url = mqttUrl(address);
  const elsewhere = url === "mqtt://127.0.0.1:1883" || url === "mqtt://localhost:1883" ? "" : ` --url ${url}`;
  return {
    publish: `mosquitto_pub -h ${address.host} -p ${address.port} -t ${topic} -m '${payload}'`,
    simulate: `npx causeway simulate${elsewhere}`,
  };
}
