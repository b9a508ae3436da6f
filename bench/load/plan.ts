import type { LatencySummary } from "../measure/latency.js";
import type { Memory } from "../measure/memory.js";
import type { Endpoint } from "./endpoint.js";

/** What the load process is told to do: one publisher, many subscribers, as fast as the window allows. */
export interface Plan {
  readonly publisher: Endpoint;
  readonly subscribers: Endpoint;
  readonly subscriberCount: number;
  readonly topic: string;
  readonly payloadBytes: number;
  /** Messages that may be on their way to the slowest subscriber. */
  readonly window: number;
  /** Seconds of load before the measurement, and of the measurement. */
  readonly warmup: number;
  readonly seconds: number;
  readonly serverPid: number;
}

/** What the load process found. CPU in seconds. */
export interface Outcome {
  /** Over the whole run, with its warm-up. */
  readonly sent: number;
  /** Deliveries over the whole run. */
  readonly received: number;
  /** Sent to all subscribers and not received by them. */
  readonly lost: number;
  /** Times that the window was full for so long that what was in it was given up. */
  readonly stalls: number;
  /** Messages from the server that were no delivery. */
  readonly foreign: number;
  readonly measured: {
    readonly seconds: number;
    readonly deliveries: number;
    readonly serverCpu: number;
    readonly generatorCpu: number;
    /** Of everything else on the machine. */
    readonly otherCpu: number;
    readonly latency: LatencySummary;
    readonly memory: Memory;
  };
}
