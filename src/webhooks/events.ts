import { randomUUID } from "node:crypto";

export const EVENT_TYPES = [
  "client.connected",
  "client.disconnected",
  "channel.occupied",
  "channel.vacated",
  "member.joined",
  "member.left",
  "message",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** A client of the channel protocol. */
export interface ClientDetails {
  readonly client: string;
  /** Empty when it is anonymous. */
  readonly user: string;
  readonly transport: string;
  readonly remote: string;
  /** What the client says of itself, when it does; `data` when it connects. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly data?: unknown;
}

export interface Departure extends ClientDetails {
  readonly code: number;
  readonly reason: string;
}

/** What webhooks are told, apart from messages. The calls are synchronous and cheap, and never throw. */
export interface WebhookEvents {
  clientConnected(client: ClientDetails): void;
  clientDisconnected(client: Departure): void;
  /** A channel has its first subscriber. */
  channelOccupied(channel: string): void;
  /** A channel has no subscriber any more. */
  channelVacated(channel: string): void;
  /** `info` is what other subscribers are told of the member. */
  memberJoined(channel: string, info: object): void;
  memberLeft(channel: string, info: object): void;
}

/** An event as it stands in a queue and in the body of a batch: JSON. `data` is JSON text. */
export function encodeEvent(type: EventType, data: string): Buffer {
  return Buffer.from(`{"id":"${randomUUID()}","type":"${type}","time":${Date.now()},"data":${data}}`);
}
