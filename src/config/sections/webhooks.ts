import { z } from "zod";
import { EVENT_TYPES } from "../../webhooks/events.js";
import { duration, size } from "../units.js";
import { webAddress } from "../web-address.js";

const NAME = "letters, digits, - and _, at most 64 of them";
const TOKEN = "a secret of 16 characters or more";

const batch = z
  .strictObject({
    events: z.int().min(1).max(10_000).default(100).describe("Events in one request."),
    size: size().prefault("256KiB").describe("Bytes of events in one request; a single event may be larger."),
    delay: duration({ zero: true })
      .prefault("1s")
      .describe("How long a request waits for more events, unless it is full."),
  })
  .prefault({})
  .describe("What is sent together.");

const retry = z
  .strictObject({
    min: duration()
      .prefault("1s")
      .describe("Pause after the first failure; it doubles with each, and half of it is random."),
    max: duration()
      .prefault("5m")
      .describe("Longest pause, also when the receiver asks for a longer one with `Retry-After`."),
    refusals: z
      .int()
      .min(1)
      .max(1_000)
      .default(10)
      .describe(
        "Tries after which a batch is given up that the receiver refuses (3xx and 4xx, but not 408 and 429). One that fails otherwise is tried until it is taken.",
      ),
  })
  .prefault({})
  .describe("When the receiver does not take a request.");

const queue = z
  .strictObject({
    events: z.int().min(1).max(1_000_000).default(10_000).describe("Events that wait for the receiver."),
    size: size({ max: 1024 ** 3 })
      .prefault("16MiB")
      .describe("Bytes of them, in memory and in the store; a larger event is dropped."),
  })
  .prefault({})
  .describe("What waits for the receiver; at either bound the oldest events are dropped and counted.");

const webhook = z.strictObject({
  name: z
    .string({ error: NAME })
    .regex(/^[\w-]{1,64}$/, { error: NAME })
    .meta({ title: "name" })
    .describe(
      "Its name in requests, logs and metrics, and that of its queue in the store: a new name begins with an empty queue.",
    ),
  url: webAddress().describe("Where events are posted to."),
  secret: z
    .string({ error: TOKEN })
    .min(16, { error: TOKEN })
    .meta({ writeOnly: true })
    .describe("Signs each request, so that the receiver knows who sent it."),
  events: z.array(z.enum(EVENT_TYPES)).min(1).describe("What it is told of."),
  topics: z
    .array(z.string().min(1))
    .default([])
    .describe("Topic filters of the messages that it is told of with the event `message`."),
  timeout: duration().prefault("10s").describe("Time for a request and its answer."),
  batch,
  retry,
  queue,
});

export const webhooks = z
  .array(webhook)
  .max(100)
  .default([])
  .describe("Receivers elsewhere that are told over HTTP what happens here.");
