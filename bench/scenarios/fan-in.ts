import type { Streams } from "../load/streams/plan.js";
import { streamsScenario } from "./streams.js";

const WORK = "10 publishers with a topic each -> 1 subscriber with a wildcard, over TCP";

/** Many publishers, one subscriber. */
const fan: Streams = {
  flows: 1,
  publishers: 10,
  subscribers: 1,
  qos: 0,
  payloadBytes: 100,
  window: 1_000,
  unacknowledged: 200,
  kept: false,
};
/** Here a publisher's window is the narrower one. */
const acknowledged = { ...fan, window: fan.publishers * fan.unacknowledged };

export const fanIn = [
  streamsScenario({
    name: "fan-in-qos0",
    work: WORK,
    entry: "tcp",
    peers: ["mosquitto", "nats"],
    goals: [{ figure: "cpuPerDelivery", atMost: 3 }],
    streams: fan,
  }),
  streamsScenario({
    name: "fan-in-qos1",
    work: WORK,
    entry: "tcp",
    peers: ["mosquitto", "nats"],
    goals: [{ figure: "cpuPerDelivery", atMost: 7 }],
    streams: { ...acknowledged, qos: 1 },
  }),
  streamsScenario({
    name: "fan-in-qos1-kept",
    work: `${WORK} and a kept session`,
    entry: "tcp",
    peers: ["mosquitto", "nats"],
    goals: [{ figure: "deliveriesPerSecond", atLeast: 1.5, against: "mosquitto" }],
    streams: { ...acknowledged, qos: 1, kept: true },
  }),
  streamsScenario({
    name: "fan-in-qos2",
    work: WORK,
    entry: "tcp",
    peers: ["mosquitto"],
    streams: { ...acknowledged, qos: 2 },
  }),
];
