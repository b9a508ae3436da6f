import { readFileSync } from "node:fs";
import { join } from "node:path";
import mqtt, { type IClientOptions } from "mqtt";
import type { Brought } from "./credentials.js";
import type { Door } from "./door.js";
import { CLIENT, type Place } from "./place.js";
import { Heard, type Visit } from "./visit.js";

export const mqttDoors: readonly Door[] = [
  door("mqtt over TCP", ({ server }) => server.mqttUrl, false),
  door("mqtt over TLS", ({ server }) => `mqtts://${server.addresses.mqtts}`, true),
  door("mqtt over WebSocket", ({ server }) => `${server.wsUrl}/mqtt`, false),
];

function door(name: string, url: (place: Place) => string, tls: boolean): Door {
  return {
    name,
    forms: ["nothing", "password", "token", "key", ...(tls ? (["certificate"] as const) : [])],
    enter: (place, brought) =>
      enter(url(place), {
        ...credentialsOf(brought),
        ...(tls ? { ca: readFileSync(join(place.directory, "tls/ca.pem")) } : {}),
      }),
  };
}

function credentialsOf({ certificate, ...brought }: Brought): IClientOptions {
  const shown = certificate ? { cert: certificate.certificate, key: certificate.key } : {};
  return { ...shown, ...namedBy(brought) };
}

function namedBy({ password, name, token, key }: Brought): IClientOptions {
  if (name !== undefined) return { username: name };
  if (password) return { username: password[0], password: password[1] };
  if (token !== undefined) return { username: "token", password: token };
  return key === undefined ? {} : { username: "key", password: key };
}

async function enter(url: string, options: IClientOptions): Promise<Visit | undefined> {
  const client = mqtt.connect(url, { reconnectPeriod: 0, clientId: CLIENT, ...options });
  const heard = new Heard();
  client.on("message", (topic) => heard.add(topic));
  client.on("error", () => undefined);
  const connected = await new Promise<boolean>((resolve) => {
    client.once("connect", () => resolve(true));
    client.once("close", () => resolve(false));
  });
  if (!connected) {
    client.end(true);
    return undefined;
  }
  return {
    async publish(topic, payload) {
      await client.publishAsync(topic, payload, { qos: 1 });
      return "not told";
    },
    async subscribe(filter) {
      // The client rejects when the broker refuses.
      const granted = await client.subscribeAsync(filter, { qos: 1 }).catch(() => []);
      return granted.length > 0 && granted.every(({ qos }) => qos < 128);
    },
    heard: heard.topics,
    hears: (topic) => heard.until(topic),
    leave: () => client.endAsync(),
  };
}
