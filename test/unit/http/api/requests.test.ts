import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { listClients } from "../../../../src/http/api/clients.js";
import { Requests } from "../../../../src/http/api/requests.js";
import { eventually } from "../../../channels/support/eventually.js";
import { serveApi } from "./support.js";

function figure(requests: Requests, name: string): number {
  const metric = requests.metrics().find((candidate) => candidate.name === name);
  assert.ok(metric && metric.type !== "table" && metric.type !== "histogram");
  const value = metric.read();
  assert.ok(typeof value === "number");
  return value;
}

test("a client that does not take its answer is cut off, and its place is free again", async (t) => {
  const requests = new Requests(100);
  const large = { topic: "a", qos: 0, size: 1, time: 0, data: `"${"x".repeat(32 * 1024 * 1024)}"` } as const;
  const { client, url } = await serveApi(
    t,
    {
      retained: {
        find: async function* () {
          yield { ...large, encoding: undefined };
        },
      },
    },
    { requests },
  );
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.write("GET /api/v1/retained HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); // and it reads nothing
  await eventually(() => figure(requests, "api_answers_not_taken_total") === 1, "the client is cut off");
  await eventually(() => figure(requests, "api_requests_under_way") === 0, "its request is over");
  await client.done(listClients);
});
