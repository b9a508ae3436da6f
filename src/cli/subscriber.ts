import type { Writable } from "node:stream";
import type { IPublishPacket, MqttClient } from "mqtt";
import type { Access } from "./client-options.js";
import { describeFault } from "./connection-fault.js";
import { Failure, onOutputError } from "./failure.js";
import { type Format, formatMessage } from "./message-format.js";
import type { Qos } from "./numbers.js";

export interface Reading {
  readonly filters: readonly string[];
  readonly qos: Qos;
  readonly count: number | undefined;
  /** Only retained messages, only others, or all. */
  readonly retained: boolean | undefined;
  readonly format: Format;
}

export type End = "count" | "timeout" | "interrupted" | "closed";

const GOODBYE_TIME = 1_000;

/** Writes what arrives, and acknowledges a message only after it is written: a slow reader slows the broker. */
export class Subscriber {
  readonly finished: Promise<End>;
  finish: (end: End) => void = () => {};
  #fail: (fault: Failure) => void = () => {};
  #ended = false;
  #messages = 0;
  readonly #client: MqttClient;
  readonly #reading: Reading;
  readonly #output: Writable;

  constructor(client: MqttClient, reading: Reading, output: Writable) {
    this.#client = client;
    this.#reading = reading;
    this.#output = output;
    this.finished = new Promise((resolve, reject) => {
      this.finish = (end) => {
        this.#ended = true;
        resolve(end);
      };
      this.#fail = reject;
    });
    this.finished.catch(() => {}); // whoever waits for it hears of it; before that nobody does
    client.handleMessage = (packet, done) => this.#take(packet, done);
    onOutputError(output, () => this.finish("closed"), this.#fail);
  }

  /** Call it once the client is connected. */
  async subscribe(access: Access): Promise<void> {
    this.#watch(access);
    const { filters, qos } = this.#reading;
    await new Promise<void>((resolve, reject) => {
      this.#client.subscribe([...filters], { qos }, (error, _granted, packet) => {
        if (!error) return resolve();
        const codes = packet?.granted ?? [];
        const refused = filters.filter((_, index) => Number(codes[index]) >= 128); // [MQTT-3.9.3-2]
        const names = (refused.length ? refused : filters).map((filter) => JSON.stringify(filter)).join(", ");
        reject(
          new Failure(
            `the broker refused the subscription to ${names}; it may not be allowed to this client`,
          ),
        );
      });
    });
  }

  /** A clean goodbye, bounded in time. */
  async close(): Promise<void> {
    this.#ended = true;
    const timer = setTimeout(() => this.#client.stream.destroy(), GOODBYE_TIME);
    await this.#client.endAsync(!this.#client.connected).finally(() => clearTimeout(timer));
  }

  #watch(access: Access): void {
    const note = (text: string) => process.stderr.write(`causeway: sub: ${text}\n`);
    this.#client.on("offline", () => note("the connection was lost; reconnecting"));
    this.#client.on("connect", () => note("connected again"));
    this.#client.on("error", (error) => {
      // With a CONNACK code the broker has answered, and the client does not try again.
      if ("code" in error && typeof error.code === "number")
        this.#fail(new Failure(describeFault(error, access.broker)));
    });
  }

  #take(packet: IPublishPacket, done: (error?: Error) => void): void {
    // Not acknowledged, so that a kept session has it for the next time.
    if (this.#ended) done(new Error("ended"));
    else if (packet.retain !== (this.#reading.retained ?? packet.retain)) done();
    else
      this.#output.write(formatMessage(packet, this.#reading.format), (error) => this.#written(error, done));
  }

  #written(error: Error | null | undefined, done: (error?: Error) => void): void {
    this.#messages++;
    done(error ?? undefined);
    if (this.#messages === this.#reading.count) this.finish("count");
  }
}
