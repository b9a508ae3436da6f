/** What a publication carries. `data` is JSON text on a single line: it is spliced into frames as it stands. */
export interface Content {
  readonly topic: string;
  readonly data: string;
  /** `base64` when `data` is a string that holds bytes which are not UTF-8. */
  readonly encoding: "base64" | undefined;
  /** When the server got it, in ms since 1970; unknown for a value that was retained before. */
  readonly time: number | undefined;
}

/** The part of a publication's frames that depends on the channel alone. */
export class PublicationHeader {
  /** @internal */ readonly push: string;

  constructor(channel: string) {
    this.push = `{"push":{"channel":${JSON.stringify(channel)},"pub":`;
  }
}

/** One message on one channel. Each form is encoded when first asked for, and shared by all subscribers. */
export class Publication {
  readonly #header: PublicationHeader;
  readonly #content: Content;
  #push: Buffer | undefined;
  #plain: Buffer | undefined;

  constructor(header: PublicationHeader, content: Content) {
    this.#header = header;
    this.#content = content;
  }

  /** A value of a snapshot, as it stands in the result of a subscribe command; its tags tell it from a live message. */
  get snapshot(): string {
    const { time } = this.#content;
    return this.#json(time === undefined ? ',"snapshot":"true"' : `,"snapshot":"true","time":"${time}"`);
  }

  /** The frame of a snapshot's value for a session of the channel protocol. */
  get snapshotPush(): Buffer {
    return Buffer.from(`${this.#header.push}${this.snapshot}}}`);
  }

  /** The frame of a live message for a session of the channel protocol. */
  get push(): Buffer {
    this.#push ??= Buffer.from(`${this.#header.push}${this.#json("")}}}`);
    return this.#push;
  }

  /** The frame for a plain WebSocket. */
  get plain(): Buffer {
    this.#plain ??= Buffer.from(this.#plainText());
    return this.#plain;
  }

  #json(moreTags: string): string {
    const { topic, data, encoding } = this.#content;
    const how = encoding === undefined ? "" : `,"encoding":"${encoding}"`;
    return `{"data":${data},"tags":{"topic":${JSON.stringify(topic)}${how}${moreTags}}}`;
  }

  #plainText(): string {
    const { topic, data, encoding, time } = this.#content;
    const when = time === undefined ? "" : `,"time":${time}`;
    const how = encoding === undefined ? "" : `,"encoding":"${encoding}"`;
    return `{"event":"message","data":${data},"meta":{"topic":${JSON.stringify(topic)}${when}${how}}}`;
  }
}
