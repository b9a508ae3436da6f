import type { Protocol } from "./protocol.js";

/** No protocol at all: every message is one WebSocket message, in and out. */
export const plain: Protocol = {
  opcode: "text",
  connect: async () => undefined,
  subscribe: async () => undefined,
  publication: (_topic, payload) => ({ bytes: payload }),
};
