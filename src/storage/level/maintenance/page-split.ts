import { pageKey } from "../format/keys.js";
import type { PageEntry } from "../format/page.js";
import { PageBuilder } from "../format/page-builder.js";
import type { Operation } from "../operation.js";
import { addEntry } from "./page-entry.js";

interface Page {
  readonly clientId: string;
  readonly first: number;
  readonly entries: readonly PageEntry[];
}

/** The pages that are left of one: numbers in a page are consecutive, so that each gap begins another one. */
export function withoutEntries(
  { clientId, first, entries }: Page,
  gone: ReadonlySet<PageEntry>,
): Operation[] {
  const pages: PageBuilder[] = [];
  for (const [index, entry] of entries.entries()) {
    if (gone.has(entry)) continue;
    let page = pages.at(-1);
    if (page?.last !== first + index - 1) {
      page = new PageBuilder(first + index);
      pages.push(page);
    }
    addEntry(page, entry);
  }
  return pages.map((page) => {
    const key = pageKey(clientId, page.first);
    return { type: "put", key, value: page.finish(key) };
  });
}
