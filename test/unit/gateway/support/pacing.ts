import type { TestContext } from "node:test";
import { Counters, type SlowCause } from "../../../../src/gateway/counters.js";
import { Outbox } from "../../../../src/gateway/outbox.js";
import { Overdue } from "../../../../src/gateway/overdue.js";
import { Clock } from "../../../../src/gateway/shaping/clock.js";
import { HeldBack, type HeldLimits } from "../../../../src/gateway/shaping/held-back.js";
import type { Holdable } from "../../../../src/gateway/shaping/latest.js";
import type { PacerHost } from "../../../../src/gateway/shaping/pacer.js";
import { Turn } from "../../../../src/outbox/turn.js";
import { SlowTransport } from "./slow-transport.js";

const fail = (error: unknown): void => {
  throw error;
};

/** A clock that goes when the test says so. */
export function testClock(t: TestContext): { clock: Clock; tick: (ms: number) => void; failures: unknown[] } {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const failures: unknown[] = [];
  let now = 1_000_003;
  const clock = new Clock(
    (error) => failures.push(error),
    () => now,
  );
  const tick = (ms: number): void => {
    for (let passed = 0; passed < ms; passed++) {
      now++;
      t.mock.timers.tick(1);
    }
  };
  return { clock, tick, failures };
}

/** What a pacer needs, with a client that reads when the test says so. */
export function testHost(clock: Clock, limits: Partial<HeldLimits> = {}, bound = 1_000) {
  const counters = new Counters();
  const transport = new SlowTransport();
  const turn = new Turn(fail);
  const slow: SlowCause[] = [];
  const outbox = new Outbox({
    turn,
    transport,
    framing: "apart",
    bound,
    counters,
    overdue: new Overdue(10_000, fail),
    slow: (cause) => slow.push(cause),
  });
  let congested = 0;
  const host: PacerHost = {
    clock,
    outbox,
    counters,
    held: new HeldBack({ maxHeldTopics: 1_000, maxHeldSize: 1_000_000, ...limits }, counters),
    congested: () => congested++,
  };
  return { host, counters, transport, turn, outbox, slow, congested: () => congested };
}

export class Item implements Holdable {
  kept = false;

  constructor(
    readonly topic: string,
    readonly value: number,
    readonly bytes = 10,
  ) {}

  keep(): void {
    this.kept = true;
  }
}
