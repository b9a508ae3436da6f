import type { Content } from "./content.js";
import { DeltaForms } from "./delta/delta-forms.js";
import type { Holdable } from "./shaping/latest.js";

/** The part of a publication's frames that depends on the channel alone. */
export class PublicationHeader {
  /** @internal */ readonly push: string;

  constructor(channel: string) {
    this.push = `{"push":{"channel":${JSON.stringify(channel)},"pub":`;
  }
}

/** One message on one channel. Each form is encoded when first asked for, and shared by all subscribers. */
export class Publication implements Holdable {
  readonly content: Content;
  /** Its place in the channel's history; 0 where there is none. */
  readonly offset: number;
  readonly #header: PublicationHeader;
  /** `data` is what makes it of an earlier one. */
  readonly #isDelta: boolean;
  #push: Buffer | undefined;
  #plain: Buffer | undefined;
  #deltaForms: DeltaForms<Publication> | undefined;

  constructor(header: PublicationHeader, content: Content, offset = 0, isDelta = false) {
    this.#header = header;
    this.content = content;
    this.offset = offset;
    this.#isDelta = isDelta;
  }

  get topic(): string {
    return this.content.topic;
  }

  get bytes(): number {
    return this.content.bytes;
  }

  keep(): void {
    this.content.keep();
  }

  /** For subscribers who are told deltas. */
  get deltaForms(): DeltaForms<Publication> {
    this.#deltaForms ??= new DeltaForms(
      this.content,
      (content, isDelta) => new Publication(this.#header, content, this.offset, isDelta),
    );
    return this.#deltaForms;
  }

  /** As it stands in the result of a command. */
  get json(): string {
    return this.#json(this.offset === 0 ? "" : `,"offset":${this.offset}`, "");
  }

  /** A value of a snapshot, as it stands in the result of a subscribe command; its tags tell it from a live message. */
  get snapshot(): string {
    const { time } = this.content;
    return this.#json("", time === undefined ? ',"snapshot":"true"' : `,"snapshot":"true","time":"${time}"`);
  }

  /** The frame of a snapshot's value for a session of the channel protocol. */
  get snapshotPush(): Buffer {
    return Buffer.from(`${this.#header.push}${this.snapshot}}}`);
  }

  /** The frame of a message for a session of the channel protocol. */
  get push(): Buffer {
    this.#push ??= Buffer.from(`${this.#header.push}${this.json}}}`);
    return this.#push;
  }

  /** The same with the epoch of its offset, for one who has not been told it. */
  pushOf(epoch: string): Buffer {
    const json = this.#json(`,"offset":${this.offset},"epoch":"${epoch}"`, "");
    return Buffer.from(`${this.#header.push}${json}}}`);
  }

  /** The frame for a plain WebSocket. */
  get plain(): Buffer {
    this.#plain ??= Buffer.from(this.#plainText());
    return this.#plain;
  }

  #json(place: string, moreTags: string): string {
    const { topic, data, encoding } = this.content;
    const how = encoding === undefined ? "" : `,"encoding":"${encoding}"`;
    const delta = this.#isDelta ? ',"delta":true' : "";
    return `{"data":${data}${delta}${place},"tags":{"topic":${JSON.stringify(topic)}${how}${moreTags}}}`;
  }

  #plainText(): string {
    const { topic, data, encoding, time, envelope } = this.content;
    const event = envelope === undefined ? `"message"` : JSON.stringify(envelope.event);
    const own = envelope === undefined || envelope.meta === "" ? "" : `${envelope.meta},`;
    const when = time === undefined ? "" : `,"time":${time}`;
    const how = encoding === undefined ? "" : `,"encoding":"${encoding}"`;
    return `{"event":${event},"data":${data},"meta":{${own}"topic":${JSON.stringify(topic)}${when}${how}}}`;
  }
}
