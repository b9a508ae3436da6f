import { readNumber } from "../format/bytes.js";
import {
  blockKey,
  clientRange,
  Kind,
  kindRange,
  pageKey,
  readClientKey,
  versionKey,
} from "../format/keys.js";
import { PageBuilder } from "../format/page-builder.js";
import type { Row } from "../format/row.js";
import { contentOf, sealed } from "../format/row.js";
import { FORMAT_ROW } from "../format-version.js";
import type { Operation } from "../operation.js";
import { readContent } from "./content.js";
import type { Database } from "./database.js";
import { addEntry } from "./page-entry.js";
import { rowChunks } from "./row-chunks.js";

const OF_A_SESSION = [Kind.session, Kind.subscription, Kind.page, Kind.incoming, Kind.will, Kind.state];

/** Adds what is in a store to another: its sessions, topics and streams replace those of the same name, whole. */
export async function mergeInto(to: Database, from: Database): Promise<void> {
  const base = await lastBlock(to);
  const blocks = kindRange(Kind.block);
  // Blocks come first, lest the work be broken off with pages that miss theirs.
  for await (const chunk of rowChunks(from, blocks)) await to.batch(chunk.map((row) => moveBlock(row, base)));
  for await (const chunk of rowChunks(from, { gte: kindRange(Kind.session).gte, lt: blocks.gte })) {
    for (const { key } of chunk)
      if (key[0] === Kind.session) await removeSession(to, key.toString("utf8", 3));
    await to.batch(
      chunk.map((row) => (row.key[0] === Kind.page ? movePage(row, base) : { type: "put", ...row })),
    );
  }
  await mergeStreams(to, from);
  // An empty batch would not reach the log, and nothing would be synced.
  await to.put(versionKey, FORMAT_ROW, { sync: true });
}

async function mergeStreams(to: Database, from: Database): Promise<void> {
  let last: string | undefined;
  for await (const chunk of rowChunks(from, kindRange(Kind.stream))) {
    for (const name of new Set(chunk.map(({ key }) => readClientKey(key).clientId))) {
      if (name !== last) await to.clear(clientRange(Kind.stream, name));
      last = name;
    }
    await to.batch(chunk.map((row) => ({ type: "put", ...row })));
  }
}

async function lastBlock(level: Database): Promise<number> {
  const [key] = await level.keys({ ...kindRange(Kind.block), reverse: true, limit: 1 }).all();
  return key ? readNumber(key, 1) : 0;
}

async function removeSession(level: Database, clientId: string): Promise<void> {
  for (const kind of OF_A_SESSION) await level.clear(clientRange(kind, clientId));
}

function moveBlock({ key, value }: Row, base: number): Operation {
  const moved = blockKey(base + readNumber(key, 1));
  return { type: "put", key: moved, value: sealed(moved, contentOf(value)) };
}

function movePage(row: Row, base: number): Operation {
  const content = readContent(row);
  if (content.kind !== "page") throw new TypeError("not a page");
  const page = new PageBuilder(content.first);
  for (const entry of content.entries) addEntry(page, entry, base);
  const key = pageKey(content.clientId, content.first);
  return { type: "put", key, value: page.finish(key) };
}
