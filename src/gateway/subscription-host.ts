import type { Channels } from "./channels.js";
import type { Fault } from "./fault.js";
import type { Member } from "./member.js";
import type { Outbox } from "./outbox.js";
import type { Replay } from "./replay.js";
import type { Rooms } from "./rooms.js";
import type { PacerHost } from "./shaping/pacer.js";

/** What a subscription needs of its session. */
export interface SubscriptionHost {
  readonly channels: Channels;
  readonly rooms: Rooms;
  readonly outbox: Outbox;
  readonly replay: Replay;
  readonly pacing: PacerHost;
  /** How long a token may be over, in ms. */
  readonly expiryGrace: number;
  /** The client, as others see it. */
  member(): Member;
}

/** Where the result of a subscribe goes. */
export interface Answer {
  /** `result` is the inside of a JSON object. */
  accept(result: string): void;
  refuse(fault: Fault): void;
}
