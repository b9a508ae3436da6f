/** One element of DER (X.690): its tag, its contents, and the whole of it. */
export interface DerElement {
  readonly tag: number;
  readonly value: Buffer;
  readonly whole: Buffer;
}

/** Context-specific tags, as `[0]`, with structure inside. */
export const context = (number: number): number => 0xa0 | number;

export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The elements that follow each other in `bytes`. Throws when they are not well formed. */
export function derElements(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** `2.5.4.3` as text. Arcs of more than 31 bits, which nothing here is called by, are cut. */
export function objectIdentifier(value: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of value) {
    arc = (arc << 7) | (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - 40 * top, ...rest].join(".");
}

/** A text of any of the kinds that names have; undefined for other elements. */
export function derText({ tag, value }: DerElement): string | undefined {
  if (tag === Tag.utf8String) return value.toString("utf8");
  if (tag === Tag.printableString || tag === Tag.ia5String) return value.toString("latin1");
  if (tag === Tag.teletexString) return value.toString("latin1");
  if (tag === Tag.bmpString && value.length % 2 === 0) return Buffer.from(value).swap16().toString("utf16le");
  return undefined;
}

/** `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` in ms since 1970 (RFC 5280, section 4.1.2.5). */
export function derTime({ tag, value }: DerElement): number {
  const text = value.toString("latin1");
  const digits = tag === Tag.utcTime ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function elementAt(bytes: Buffer, at: number): DerElement {
  const tag = bytes[at] ?? 0;
  const first = bytes[at + 1];
  if (first === undefined || (tag & 0x1f) === 0x1f) throw new Error("not well-formed DER");
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + lengthBytes;
  if (first === 0x80 || lengthBytes > 4 || start > bytes.length) throw new Error("not well-formed DER");
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  if (start + length > bytes.length) throw new Error("not well-formed DER");
  return { tag, value: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}
