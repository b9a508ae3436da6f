import type { Content, Envelope } from "../gateway/content.js";
import type { BusMessage } from "./bus.js";
import { type EncodedPayload, encodePayload } from "./payload.js";

/** Bytes of the objects that a value is made of. */
const OVERHEAD = 200;

/** A message as channels see it, encoded when somebody first wants it, once for all channels. */
export class Value implements Content {
  readonly topic: string;
  readonly time: number | undefined;
  readonly origin: string | undefined;
  readonly envelope: Envelope | undefined;
  readonly bytes: number;
  #payload: Buffer | string;
  #encoded: EncodedPayload | undefined;

  constructor({ topic, payload, origin, envelope }: BusMessage, time: number | undefined) {
    this.topic = topic;
    this.time = time;
    this.origin = origin;
    this.envelope = envelope;
    const wrapping = envelope ? envelope.event.length + envelope.meta.length : 0;
    this.bytes = OVERHEAD + topic.length + payload.length + wrapping;
    this.#payload = payload;
  }

  get data(): string {
    return this.#encode().data;
  }

  get encoding(): "base64" | undefined {
    return this.#encode().encoding;
  }

  /**
   * To be called before the value outlives the turn it came in. The payload may be a view of a large network buffer, which a
   * kept value must not hold in memory; a string of its bytes is the smallest copy there is.
   */
  keep(): void {
    if (typeof this.#payload !== "string")
      this.#payload = this.#encoded ? "" : this.#payload.toString("latin1");
  }

  #encode(): EncodedPayload {
    if (this.#encoded) return this.#encoded;
    const payload = typeof this.#payload === "string" ? Buffer.from(this.#payload, "latin1") : this.#payload;
    this.#encoded = encodePayload(payload);
    if (typeof this.#payload === "string") this.#payload = "";
    return this.#encoded;
  }
}
