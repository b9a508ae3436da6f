/** Commands that are right, of every kind. Their ids are given when they are sent. */
export const corpus: readonly object[] = [
  { subscribe: { channel: "mqtt:fuzz/a" } },
  { subscribe: { channel: "log", recover: true, epoch: "abc", offset: 3, flag: 2, positioned: true } },
  { subscribe: { channel: "log", recover: true, epoch: "", offset: 0, join_leave: true } },
  { subscribe: { channel: "map", type: 1, phase: 2, limit: 2, cursor: "" } },
  { subscribe: { channel: "map", type: 1, phase: 1, offset: 0, epoch: "x", recover: true } },
  { subscribe: { channel: "map", delta: "fossil", data: { maxRate: "10/s", topicTail: "a" } } },
  {
    subscribe: {
      channel: "room:1",
      tf: { op: "and", nodes: [{ key: "topic", cmp: "in", vals: ["a", "b"] }] },
    },
  },
  { subscribe: { channel: "secret", token: '{"user":"","channel":"secret","expiresAt":9999999999999}' } },
  { unsubscribe: { channel: "log" } },
  { unsubscribe: { channel: "map" } },
  { publish: { channel: "mqtt:fuzz/a", data: { a: [1, "2", null, true, { b: {} }] } } },
  { publish: { channel: "room:1", data: "text" } },
  { send: { data: { channel: "room:1", data: 17 } } },
  { history: { channel: "log", limit: 5, since: { epoch: "abc", offset: 1 }, reverse: true } },
  { history: { channel: "log", limit: -1 } },
  { presence: { channel: "room:1" } },
  { presence_stats: { channel: "room:1" } },
  { rpc: { method: "request", data: { channel: "room:1", data: { on: true }, timeout: 10 } } },
  { refresh: { token: '{"user":"","channels":[]}' } },
  { sub_refresh: { channel: "secret", token: '{"user":"","channel":"secret"}' } },
  {},
];
