import { FOOTER, MAGIC } from "./table.js";
import { blockOf, type Entry, type Handle, TRAILER } from "./table-block.js";
import { varint } from "./varint.js";

/** A block of rows is closed when it holds this much. */
const FULL = 4 * 1024;

/** The file of a table with these entries, which are in order. */
export function buildTable(entries: Iterable<Entry>): Buffer {
  const parts: Buffer[] = [];
  const index: Entry[] = [];
  let offset = 0;
  const add = (block: Buffer): Handle => {
    const handle = { offset, size: block.length - TRAILER };
    parts.push(block);
    offset += block.length;
    return handle;
  };
  for (const group of grouped(entries)) {
    const handle = add(blockOf(group));
    index.push({ key: (group.at(-1) as Entry).key, value: bytesOf(handle) });
  }
  const handles = Buffer.concat([bytesOf(add(blockOf([]))), bytesOf(add(blockOf(index)))]);
  const footer = Buffer.alloc(FOOTER);
  handles.copy(footer);
  MAGIC.copy(footer, FOOTER - MAGIC.length);
  return Buffer.concat([...parts, footer]);
}

function* grouped(entries: Iterable<Entry>): Generator<Entry[]> {
  let group: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    group.push(entry);
    bytes += entry.key.length + entry.value.length;
    if (bytes < FULL) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

function bytesOf({ offset, size }: Handle): Buffer {
  return Buffer.concat([varint(offset), varint(size)]);
}
