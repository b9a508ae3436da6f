import type { PageEntry } from "../format/page.js";
import type { PageBuilder } from "../format/page-builder.js";
import { decodeMessage } from "../format/records.js";

/** Puts an entry of a page into another one, its block's number raised by `base`. */
export function addEntry(page: PageBuilder, { reference, record, qos, retain }: PageEntry, base = 0): void {
  if (reference) page.addReference({ ...reference, block: base + reference.block }, qos, retain);
  else if (record) page.add(decodeMessage(record), qos, retain);
}
