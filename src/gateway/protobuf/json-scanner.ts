const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Goes through JSON that the server itself has written, as UTF-8, without decoding it: what a device or a client has sent must stay as
 * it is, byte by byte. Each method begins where the last one ended.
 */
export class JsonScanner {
  readonly json: Buffer;
  /** Where the value that was read last begins and ends; of a string, what is between its quotes. */
  start = 0;
  end = 0;
  /** Whether that string has escapes. */
  escaped = false;
  #position = 0;

  constructor(json: Buffer) {
    this.json = json;
  }

  /** Begins an object or a list. */
  enter(): void {
    this.#toToken();
    this.#position++;
  }

  /** Whether another member or element follows; if not, the object or list is over. */
  more(): boolean {
    const next = this.#toToken();
    if (next !== CLOSE_OBJECT && next !== CLOSE_LIST && next !== undefined) return true;
    this.#position++;
    return false;
  }

  /** A string: a member's name, or a value. */
  string(): void {
    this.#toToken();
    this.start = this.#position + 1;
    this.#skipString();
    this.end = this.#position - 1;
  }

  /** A value of any kind, as it is written. */
  value(): void {
    const first = this.#toToken();
    this.start = this.#position;
    if (first === QUOTE) this.#skipString();
    else if (first === OPEN_OBJECT || first === OPEN_LIST) this.#skipNested();
    else this.#skipLiteral();
    this.end = this.#position;
  }

  /** What was read last, where it is known to be of ASCII. */
  get ascii(): string {
    return this.json.toString("latin1", this.start, this.end);
  }

  /** Passes over what only separates; gives what comes then. */
  #toToken(): number | undefined {
    for (;;) {
      const byte = this.json[this.#position];
      // All white space of JSON is at or below U+0020, and nothing else outside strings is.
      if (byte === undefined || (byte > SPACE && byte !== COMMA && byte !== COLON)) return byte;
      this.#position++;
    }
  }

  #skipLiteral(): void {
    for (;;) {
      const byte = this.json[this.#position];
      if (byte === undefined || byte <= SPACE) return;
      if (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST) return;
      this.#position++;
    }
  }

  #skipString(): void {
    const { json } = this;
    let position = this.#position + 1;
    this.escaped = false;
    for (; position < json.length && json[position] !== QUOTE; position++) {
      if (json[position] !== BACKSLASH) continue;
      this.escaped = true;
      position++;
    }
    this.#position = position + 1;
  }

  #skipNested(): void {
    let depth = 0;
    do {
      const byte = this.json[this.#position];
      if (byte === undefined) return;
      if (byte === QUOTE) {
        this.#skipString();
        continue;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
      this.#position++;
    } while (depth > 0);
  }
}
