import type { Streams } from "../load/streams/plan.js";
import { streamsScenario } from "./streams.js";

/** One publisher, many subscribers. */
const fan: Streams = {
  flows: 1,
  publishers: 1,
  subscribers: 100,
  qos: 0,
  payloadBytes: 100,
  window: 1_000,
  unacknowledged: 1_000,
  kept: false,
};

export const fanOut = [
  streamsScenario({
    name: "fan-out-tcp",
    work: "1 publisher -> 100 subscribers over TCP",
    entry: "tcp",
    peers: ["mosquitto", "nats"],
    goals: [{ figure: "cpuPerDelivery", atMost: 0.3 }],
    streams: fan,
  }),
  streamsScenario({
    name: "fan-out-websocket",
    work: "1 publisher -> 100 subscribers over WebSocket",
    entry: "websocket",
    peers: ["mosquitto", "nats"],
    goals: [{ figure: "cpuPerDelivery", atMost: 0.3 }],
    streams: fan,
  }),
  streamsScenario({
    name: "fan-out-channel",
    work: "1 publisher -> 100 subscribers of a channel over WebSocket, in JSON",
    entry: "channel",
    peers: ["ws-loop", "socketio", "centrifugo"],
    goals: [{ figure: "cpuPerDelivery", atMost: 0.25 }],
    streams: { ...fan, patient: true },
  }),
  streamsScenario({
    name: "fan-out-qos1",
    work: "1 publisher -> 100 subscribers over TCP",
    entry: "tcp",
    peers: ["mosquitto", "nats"],
    goals: [{ figure: "cpuPerDelivery", atMost: 3 }],
    streams: { ...fan, qos: 1 },
  }),
];
