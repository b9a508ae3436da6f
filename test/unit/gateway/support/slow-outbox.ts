import { Counters, type SlowCause } from "../../../../src/gateway/counters.js";
import { jsonCodec } from "../../../../src/gateway/json-codec.js";
import { Outbox } from "../../../../src/gateway/outbox.js";
import { Overdue } from "../../../../src/gateway/overdue.js";
import { Turn } from "../../../../src/outbox/turn.js";
import { SlowTransport } from "./slow-transport.js";

const NEWLINE = 0x0a;

/** The outbox of a client that reads when the test says so; `endTurn` sends what it was given. */
export function slowOutbox(bound = 1024 * 1024) {
  const fail = (error: unknown): void => {
    throw error;
  };
  const transport = new SlowTransport();
  const turn = new Turn(fail, NEWLINE);
  const slow: SlowCause[] = [];
  const outbox = new Outbox({
    turn,
    transport,
    framing: jsonCodec,
    bound,
    counters: new Counters(),
    overdue: new Overdue(10_000, fail),
    slow: (cause) => slow.push(cause),
  });
  return { transport, outbox, endTurn: () => turn.flush(), overflows: () => slow.length };
}
