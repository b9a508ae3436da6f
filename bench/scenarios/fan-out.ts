import type { Scenario } from "./scenario.js";

/** One publisher, many subscribers, as fast as it goes. */
const work = { subscriberCount: 100, payloadBytes: 100, window: 1_000 } as const;

export const fanOut: readonly Scenario[] = [
  {
    ...work,
    name: "fan-out-tcp",
    title: "MQTT over TCP",
    entry: "tcp",
    peers: ["mosquitto"],
  },
  {
    ...work,
    name: "fan-out-websocket",
    title: "MQTT over WebSocket",
    entry: "websocket",
    peers: ["mosquitto"],
  },
  {
    ...work,
    name: "fan-out-channel",
    title: "a channel over WebSocket, in JSON",
    entry: "channel",
    peers: ["ws-loop"],
  },
];
