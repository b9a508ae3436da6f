export type QoS = 0 | 1 | 2;

/** What a plan says of a message. */
export interface Publication {
  /** Below the topic of the run. */
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Bytes of payload; 0 takes the retained message away [MQTT-3.3.1-10]. */
  readonly size: number;
}

/** A message of a run, told apart from all others by its payload. */
export class Message {
  readonly id: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly payload: Buffer;

  constructor(id: string, topic: string, { qos, retain, size }: Omit<Publication, "topic">) {
    this.id = id;
    this.topic = topic;
    this.qos = qos;
    this.retain = retain;
    this.payload = size === 0 ? Buffer.alloc(0) : Buffer.from(`${id}.`.padEnd(size, "."));
  }

  /** Messages without payload cannot be told apart. */
  get anonymous(): boolean {
    return this.payload.length === 0;
  }

  toString(): string {
    const retained = this.retain ? ", retained" : "";
    return `${this.id} (qos ${this.qos}${retained}, ${this.topic})`;
  }
}

/** The identity of the message that a payload belongs to. */
export function messageIdOf(payload: Buffer): string {
  const end = payload.indexOf(".");
  return payload.toString("utf8", 0, end < 0 ? payload.length : end);
}
