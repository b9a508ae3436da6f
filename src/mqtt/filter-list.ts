import { type PacketReader, PacketType } from "./packet-reader.js";

/** A topic filter in a packet. */
export interface ListedFilter {
  readonly start: number;
  readonly end: number;
  /** Where the QoS is that is asked for; undefined in UNSUBSCRIBE. */
  readonly qosAt: number | undefined;
}

/** Bytes of a packet identifier, and of the length before a text. */
const NUMBER = 2;

/**
 * The filters of a SUBSCRIBE or UNSUBSCRIBE, where they stand in the packet [MQTT-3.8.3]. Ends where the packet is not well formed:
 * the protocol engine finds the fault.
 */
export function* filtersOf({ buffer, body, end: bodyEnd, type }: PacketReader): Generator<ListedFilter> {
  const hasQoS = type === PacketType.subscribe;
  for (let at = body + NUMBER; at + NUMBER <= bodyEnd; ) {
    const start = at + NUMBER;
    const end = start + buffer.readUInt16BE(at);
    at = hasQoS ? end + 1 : end;
    if (at > bodyEnd) return;
    yield { start, end, qosAt: hasQoS ? end : undefined };
  }
}
