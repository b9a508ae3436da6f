/* CRC-32C (Castagnoli), eight bytes at a time: table k tells what a byte does to the remainder k bytes later. */

const POLYNOMIAL = 0x82f63b78; // reflected
const TABLES = 8;
const tables = makeTables();

/** Of the bytes from `start` up to `end`, unsigned. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const t = tables;
  const at = (index: number): number => bytes[index] as number;
  let crc = -1;
  let place = start;
  for (const last = end - 8; place <= last; place += 8) {
    const low = crc ^ (at(place) | (at(place + 1) << 8) | (at(place + 2) << 16) | (at(place + 3) << 24));
    crc =
      (t[1792 + (low & 255)] as number) ^
      (t[1536 + ((low >>> 8) & 255)] as number) ^
      (t[1280 + ((low >>> 16) & 255)] as number) ^
      (t[1024 + (low >>> 24)] as number) ^
      (t[768 + at(place + 4)] as number) ^
      (t[512 + at(place + 5)] as number) ^
      (t[256 + at(place + 6)] as number) ^
      (t[at(place + 7)] as number);
  }
  for (; place < end; place++) crc = (t[(crc ^ at(place)) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const made = new Int32Array(TABLES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let place = 256; place < made.length; place++) {
    const before = made[place - 256] as number;
    made[place] = (made[before & 255] as number) ^ (before >>> 8);
  }
  return made;
}
