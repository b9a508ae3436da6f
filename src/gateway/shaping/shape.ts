import type { Features } from "../channels.js";
import { errors } from "../codes.js";
import { type Command, isObject, quote, quoteValue } from "../command.js";
import { Fault } from "../fault.js";
import type { Condition, Filter } from "./filter.js";
import type { Filters } from "./filters.js";
import type { Pace } from "./pacer.js";
import { parseRate, RATE_EXAMPLES } from "./rate.js";
import { tagFilter } from "./tag-filter.js";
import { endsWithTail, matchesTopics } from "./topic-filter.js";

/** How a subscription is told less than everything that happens in its channel. */
export interface Shape extends Pace {
  /** What the subscriber wants; undefined for all. */
  readonly filter: Filter | undefined;
  /** Values are told as what has changed since the one before. */
  readonly delta: boolean;
}

type Request = Command["request"];

/** What `subscribe.data` may hold. */
const MEMBERS = ["maxRate", "topics", "topicTail"];

/** What a rule asks for. */
export function ruleShape({ maxRate, whenSlow }: Features): Shape {
  return { maxRate, newest: whenSlow === "newest", filter: undefined, delta: false };
}

/** The same with what a subscriber asks for, of what `guard` lets through. The filter is to be released. @throws {Fault} */
export function shapeOf(features: Features, request: Request, filters: Filters, guard?: Condition): Shape {
  const data = dataOf(request);
  const shape = ruleShape(features);
  const asked = rateOf(data);
  const delta = wantsDelta(request) && features.delta;
  const filter = filterOf(request, data, filters, guard);
  if (asked === undefined) return { ...shape, delta, filter };
  return { ...shape, delta, filter, maxRate: Math.min(asked, shape.maxRate ?? asked) };
}

function dataOf({ data }: Request): Record<string, unknown> {
  if (data === undefined || data === null) return {};
  if (!isObject(data)) throw new Fault(errors.badRequest, "subscribe.data must be an object");
  const unknown = Object.keys(data).find((name) => !MEMBERS.includes(name));
  if (unknown === undefined) return data;
  throw new Fault(
    errors.badRequest,
    `subscribe.data can hold ${MEMBERS.join(", ")}, and does not know ${quote(unknown)}`,
  );
}

function rateOf({ maxRate }: Record<string, unknown>): number | undefined {
  if (maxRate === undefined || maxRate === null) return undefined;
  const rate = parseRate(maxRate);
  if (rate !== undefined) return rate;
  throw new Fault(
    errors.badRequest,
    `subscribe.data.maxRate must be a rate such as ${RATE_EXAMPLES}, or a number per second, not ${quoteValue(maxRate)}`,
  );
}

function wantsDelta({ delta, tf }: Request): boolean {
  if (delta === undefined || delta === null || delta === "") return false;
  if (delta !== "fossil")
    throw new Fault(errors.badRequest, `subscribe.delta can only be "fossil", not ${quoteValue(delta)}`);
  // The protocol's own rule.
  if (isObject(tf)) throw new Fault(errors.badRequest, "subscribe.delta and subscribe.tf exclude each other");
  return true;
}

function filterOf(
  { tf }: Request,
  { topics, topicTail }: Record<string, unknown>,
  filters: Filters,
  guard: Condition | undefined,
): Filter | undefined {
  const conditions: Condition[] = guard ? [guard] : [];
  if (topics !== undefined && topics !== null) conditions.push(matchesTopics(topics));
  if (topicTail !== undefined && topicTail !== null) conditions.push(endsWithTail(topicTail));
  if (isObject(tf)) conditions.push(tagFilter(tf));
  if (conditions.length === 0) return undefined;
  return filters.share({
    text: conditions.map(({ text }) => text).join(),
    holds: (tags) => conditions.every(({ holds }) => holds(tags)),
    readsEncoding: conditions.some(({ readsEncoding }) => readsEncoding),
  });
}
