import type { Protocol } from "./protocol.js";

/** Centrifugo's HTTP API, which is how programs publish to it: each message is a request, all of them on one connection. */
export const centrifugoApi: Protocol = {
  opcode: "binary",
  answers: true,
  connect: async () => undefined,
  subscribe: () => Promise.reject(new Error("Centrifugo's HTTP API has no subscribers")),
  publication(topic, payload) {
    const body = `{"channel":${JSON.stringify(`mqtt:${topic}`)},"data":${payload}}`;
    const lines = [
      "POST /api/publish HTTP/1.1",
      "Host: 127.0.0.1",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return { bytes: Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`) };
  },
};
