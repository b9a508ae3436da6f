import type { Content } from "./content.js";
import { DeltaForms } from "./delta/delta-forms.js";
import type { PublicationHeader } from "./publication.js";
import type { Holdable } from "./shaping/latest.js";

/** A value that a topic had before a change. */
export interface Previous {
  readonly content: Content;
  /** The number of the change that brought it. */
  readonly offset: number;
}

export interface MapChange {
  readonly topic: string;
  /** The number of the change. */
  readonly offset: number;
  /** Undefined: the topic has no value any more. */
  readonly content: Content | undefined;
}

/** Bytes of the objects that a change is made of. Its value is kept by the map in any case. */
const OVERHEAD = 200;

/** A topic of a channel has a new value, or none any more. The key of a map is the topic. */
export class MapUpdate implements Holdable {
  readonly topic: string;
  readonly offset: number;
  readonly content: Content | undefined;
  readonly #header: PublicationHeader;
  /** `data` is what makes it of an earlier one. */
  readonly #isDelta: boolean;
  #json: string | undefined;
  #push: Buffer | undefined;
  /** The last one that was asked for with another offset. */
  #other: { readonly offset: number; readonly push: Buffer } | undefined;
  #removal: MapUpdate | undefined;
  #deltaForms: DeltaForms<MapUpdate> | undefined;

  constructor(header: PublicationHeader, change: MapChange, isDelta = false) {
    this.#header = header;
    this.topic = change.topic;
    this.offset = change.offset;
    this.content = change.content;
    this.#isDelta = isDelta;
  }

  get removed(): boolean {
    return this.content === undefined;
  }

  get bytes(): number {
    return OVERHEAD + this.topic.length;
  }

  keep(): void {
    this.content?.keep();
  }

  /** The same for those to whom the topic has no value now. */
  get removal(): MapUpdate {
    this.#removal ??= new MapUpdate(this.#header, {
      topic: this.topic,
      offset: this.offset,
      content: undefined,
    });
    return this.#removal;
  }

  /** For subscribers who are told deltas; a removal has no other form. */
  get deltaForms(): DeltaForms<MapUpdate> | undefined {
    if (this.content)
      this.#deltaForms ??= new DeltaForms(
        this.content,
        (content, isDelta) =>
          new MapUpdate(this.#header, { topic: this.topic, offset: this.offset, content }, isDelta),
      );
    return this.#deltaForms;
  }

  /** As it stands in the result of a subscribe command. */
  get json(): string {
    this.#json ??= this.#encode(this.offset);
    return this.#json;
  }

  /** The frame that tells it to a session. */
  get push(): Buffer {
    this.#push ??= Buffer.from(`${this.#header.push}${this.json}}}`);
    return this.#push;
  }

  /** The same for a session that stands at another offset afterwards. */
  pushAt(offset: number): Buffer {
    if (offset === this.offset) return this.push;
    if (this.#other?.offset !== offset)
      this.#other = { offset, push: Buffer.from(`${this.#header.push}${this.#encode(offset)}}}`) };
    return this.#other.push;
  }

  #encode(offset: number): string {
    const topic = JSON.stringify(this.topic);
    if (!this.content) return `{"key":${topic},"removed":true,"offset":${offset}}`;
    const { data, encoding, time } = this.content;
    const how = encoding === undefined ? "" : `,"encoding":"${encoding}"`;
    const when = time === undefined ? "" : `,"time":"${time}"`;
    const delta = this.#isDelta ? ',"delta":true' : "";
    return `{"key":${topic},"data":${data}${delta},"offset":${offset},"tags":{"topic":${topic}${how}${when}}}`;
  }
}
