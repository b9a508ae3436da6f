import type { Contents, OldClient, OldMessage } from "./old-database.js";

export const message = (topic: string, payload = topic, qos: 0 | 1 | 2 = 1, retain = false): OldMessage => ({
  topic,
  payload: Buffer.from(payload),
  qos,
  retain,
});

export const client = (id: string, more: Partial<OldClient> = {}): OldClient => ({
  id,
  subscriptions: {},
  incoming: [],
  queue: [],
  ...more,
});

export const numbered = (count: number, first = 1, size = 1): [number, OldMessage][] =>
  Array.from({ length: count }, (_, i) => [
    first + i,
    message(`q/${i % 7}`, String(i).padEnd(size, "."), i % 2 === 0 ? 1 : 2),
  ]);

export const awkward: Contents = {
  clients: [
    client("dev1", {
      subscriptions: { "a/#": 1, "+/b": 2, "$SYS/#": 0 },
      incoming: [1, 65_535],
      queue: numbered(3),
    }),
    client("dev10", { subscriptions: { a: 0 }, incoming: [7], queue: numbered(2, 40) }),
    client("dev"),
    client("", { queue: numbered(1, 2 ** 40) }),
    client("ü/\uffff", { will: { ...message("w/ü", "gone", 2, true), brokerId: "b1" } }),
    client("x".repeat(65_535), {
      subscriptions: { ["f".repeat(65_535)]: 2 },
      incoming: [3],
      queue: [[1], [2, message("t".repeat(65_535), "")], [4]],
      will: { ...message("w", "", 0), brokerId: "b".repeat(255) },
    }),
  ],
  retained: ["a", "a/b", "/", "//", "a!", "a b/c", "$x/y", "ü"].map((topic, i) =>
    message(topic, `value ${i}`, (i % 3) as 0 | 1 | 2, true),
  ),
};

const released = (queue: [number, OldMessage][], isReleased: (sequence: number) => boolean) =>
  queue.map(([sequence, message]): OldClient["queue"][number] =>
    isReleased(sequence) ? [sequence] : [sequence, message],
  );

/** Several batches, and queues of several pages. */
export const large: Contents = {
  clients: [
    ...awkward.clients,
    client("long", { queue: released(numbered(5_000, 1, 600), (n) => n % 10 === 3 && n < 300) }),
    client("gaps", { queue: released(numbered(500), (n) => n < 3).filter(([n]) => n % 5 !== 0) }),
    client("all released", { queue: released(numbered(50, 9), () => true) }),
    client("released last", { queue: released(numbered(2_000), (n) => n === 2_000) }),
    client("page", { queue: numbered(3, 5, 40_000) }),
  ],
  retained: [
    ...awkward.retained,
    ...Array.from({ length: 2_000 }, (_, i) => message(`r/${i % 50}/${i}`, "r".repeat(i), 1, true)),
  ],
};
