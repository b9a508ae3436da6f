import { streamsScenario } from "./streams.js";

/** Many streams that have nothing to do with each other. */
export const pairs = [
  streamsScenario({
    name: "pairs",
    work: "50 times 1 publisher -> 1 subscriber, each pair with a topic of its own, over TCP",
    entry: "tcp",
    peers: ["mosquitto", "nats"],
    streams: {
      flows: 50,
      publishers: 1,
      subscribers: 1,
      qos: 0,
      payloadBytes: 100,
      window: 20,
      unacknowledged: 20,
      kept: false,
    },
  }),
];
