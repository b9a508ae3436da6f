import type { HistoryPage, HistoryQuery, Position } from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { Fault } from "../gateway/fault.js";
import { Publication, type PublicationHeader } from "../gateway/publication.js";
import type { History } from "./history.js";

/** About as much fits in one answer: some client libraries refuse messages over 1 MiB. */
const PAGE_BYTES = 512 * 1024;

/** The part of a history that a query asks for. @throws {Fault} when the history does not know the position. */
export function historyPage(
  history: History,
  header: PublicationHeader,
  { limit, since, reverse, wants }: HistoryQuery,
): HistoryPage {
  const { position } = history;
  if (since && since.epoch !== "" && !isKnown(history, since, reverse))
    throw new Fault(
      errors.unrecoverablePosition,
      "the channel's history does not reach back to history.since",
    );
  const publications: Publication[] = [];
  const step = reverse ? -1 : 1;
  let offset = firstOffset(history, since?.offset, reverse);
  for (let bytes = 0; publications.length < limit && bytes < PAGE_BYTES; offset += step) {
    const value = history.at(offset);
    if (!value) break;
    if (wants && !wants(value.topic)) continue;
    bytes += value.bytes;
    publications.push(new Publication(header, value, offset));
  }
  return { publications, position };
}

function isKnown(history: History, since: Position, reverse: boolean): boolean {
  return reverse ? since.epoch === history.position.epoch : history.knows(since);
}

function firstOffset(history: History, since: number | undefined, reverse: boolean): number {
  if (since === undefined) return reverse ? history.offset : history.first;
  return reverse ? Math.min(since - 1, history.offset) : Math.max(since + 1, history.first);
}
