import type { ClientData } from "../gateway/channels.js";
import { errors } from "../gateway/codes.js";
import { Fault } from "../gateway/fault.js";
import { hasDuplicateMember } from "./duplicate-member.js";
import type { PayloadLimits } from "./options.js";
import { decodeData, isTooDeep, MAX_DEPTH } from "./payload.js";
import { PayloadSchema, schemaFault } from "./payload-schema.js";
import { TimeIsUp, withTimeLimit } from "./time-limit.js";

/** More bytes than these are not held against a schema. */
const MAX_CHECKED = 64 * 1024;
/** A pattern can take for ever on a few dozen characters, and everybody else would wait for it. */
const TIME_LIMIT_MS = 250;
/** What took too long once is not tried again for a while, so that it stays a small part of the server's time. */
const PAUSE_MS = 10_000;

/** The schema, not the data, is to blame: the operator has to know. */
export class CheckTooSlow extends Fault {}

/** What a rule asks of the data that clients give it. */
export class PayloadCheck {
  readonly #maxSize: number;
  readonly #schema: PayloadSchema | undefined;
  #pausedUntil = 0;

  constructor({ maxSize = Number.POSITIVE_INFINITY, schema }: PayloadLimits = {}) {
    this.#schema = schema && new PayloadSchema(schema);
    this.#maxSize = schema ? Math.min(maxSize, MAX_CHECKED) : maxSize;
  }

  /** The MQTT payload that the data stands for. Throws a {@link Fault} when the rule does not take it. */
  payloadOf({ data, encoding }: ClientData): Buffer {
    if (this.#schema && encoding) throw refused("this channel takes what conforms to its schema, not base64");
    const payload = decodeData(data, encoding);
    if (payload.length > this.#maxSize)
      throw refused(`data is ${payload.length} bytes; this channel takes at most ${this.#maxSize}`);
    if (this.#schema) {
      if (performance.now() < this.#pausedUntil)
        throw new Fault(errors.internal, "data cannot be checked just now; the server's log says why");
      this.#checkText(payload.toString(), this.#schema);
    }
    return payload;
  }

  /** What is checked is what arrives: JSON when the payload is JSON, however the client wrote it. */
  #checkText(text: string, schema: PayloadSchema): void {
    const value = parse(text);
    if (typeof value === "object" && isTooDeep(text))
      throw refused(`data is nested more than ${MAX_DEPTH} levels deep`);
    if (typeof value === "object" && hasDuplicateMember(text, value))
      throw refused("an object in data has two members of the same name");
    // The limit costs more than a simple check does.
    const fault = schema.maybeSlow ? this.#inTime(() => schema.faultOf(value)) : schema.faultOf(value);
    if (fault !== undefined) throw refused(fault);
  }

  #inTime<Result>(check: () => Result): Result {
    try {
      return withTimeLimit(TIME_LIMIT_MS, check);
    } catch (error) {
      if (!(error instanceof TimeIsUp)) throw error;
      this.#pausedUntil = performance.now() + PAUSE_MS;
      throw new CheckTooSlow(errors.badRequest, "data takes too long to check against the channel's schema");
    }
  }
}

/** What is wrong with the limits; `key` is that of the rule which holds them. */
export function limitFaults(key: string, { maxSize = 0, schema }: PayloadLimits = {}) {
  if (!schema) return [];
  const faults: { path: string; message: string }[] = [];
  const fault = schemaFault(schema);
  if (fault) faults.push({ path: `${key}.schema`, message: `${key} schema: ${fault}` });
  if (maxSize > MAX_CHECKED)
    faults.push({
      path: `${key}.maxSize`,
      message: `${key} maxSize is ${maxSize} bytes; with a schema it is at most ${MAX_CHECKED}`,
    });
  return faults;
}

function refused(reason: string): Fault {
  return new Fault(errors.badRequest, reason);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
