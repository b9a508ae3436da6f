import { Centrifuge } from "centrifuge";
import { WebSocket } from "ws";
import { by, CARRIERS } from "../channels/support/carrier.js";
import type { Door } from "./door.js";
import { Heard, type Visit } from "./visit.js";

export const channelDoors: readonly Door[] = CARRIERS.map((carrier) => ({
  name: `channels over ${carrier}`,
  // The protocol has a place for a token only.
  forms: ["nothing", "token"],
  enter: async (place, { token }) => {
    const { host, port } = place.server.http;
    const [endpoints, options] = by(carrier, `${host}:${port}`);
    return enter(
      new Centrifuge(endpoints, {
        ...options,
        websocket: WebSocket,
        ...(token === undefined ? {} : { token }),
      }),
    );
  },
}));

async function enter(client: Centrifuge): Promise<Visit | undefined> {
  const heard = new Heard();
  const connected = await new Promise<boolean>((resolve) => {
    client.once("connected", () => resolve(true));
    client.once("disconnected", () => resolve(false));
    client.on("error", () => {
      // It would try again for ever.
      client.disconnect();
    });
    client.connect();
  });
  if (!connected) return undefined;
  return {
    publish: (topic, payload) =>
      client.publish(`mqtt:${topic}`, payload).then(
        () => "taken",
        () => "refused",
      ),
    subscribe: (filter) =>
      new Promise((resolve) => {
        const subscription = client.newSubscription(`mqtt:${filter}`);
        subscription.on("publication", ({ tags }) => heard.add(tags?.topic ?? ""));
        subscription.once("subscribed", () => resolve(true));
        subscription.once("unsubscribed", () => resolve(false));
        subscription.subscribe();
      }),
    heard: heard.topics,
    hears: (topic) => heard.until(topic),
    async leave() {
      client.disconnect();
    },
  };
}
