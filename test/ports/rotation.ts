import assert from "node:assert/strict";
import { get } from "node:https";
import type { TLSSocket } from "node:tls";
import { connect } from "../helpers/mqtt.js";
import type { Teardown } from "../helpers/teardown.js";
import { TlsGround } from "./tls-ground.js";

/** Connections that are opened at a time: a handshake costs, and has a time limit. */
const AT_A_TIME = 50;

/** Puts another certificate in place while there are connections, and has them answer afterwards. */
export async function rotate(t: Teardown, connections: number): Promise<void> {
  const ground = await TlsGround.create(t);
  const oldCa = await ground.pair("server");
  const server = await ground.start();
  const clients: TLSSocket[] = [];
  while (clients.length < connections)
    clients.push(
      ...(await Promise.all(
        Array.from({ length: AT_A_TIME }, () => ground.connect({ ca: oldCa, rejectUnauthorized: true })),
      )),
    );
  let dropped = 0;
  for (const client of clients) client.on("close", () => dropped++);
  const watcher = await connect(t, `mqtts://localhost:${ground.port}`, { ca: oldCa });
  await watcher.subscribe("after", 1);

  const read = ground.next(/^certificate .*read again$/);
  const newCa = await ground.pair("server");
  await read;
  const fresh = await connect(t, `mqtts://localhost:${ground.port}`, { ca: newCa });
  await assert.rejects(connect(t, `mqtts://localhost:${ground.port}`, { ca: oldCa }));
  const status = await new Promise((resolve, reject) => {
    get(`https://localhost:${server.http.port}/readyz`, { ca: newCa }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
  assert.equal(status, 200);
  await fresh.publish("after", "rotation", 1);
  await watcher.messages(1);
  // PINGREQ and PINGRESP: the connections do not only look alive.
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve) => {
          client.once("data", () => resolve());
          client.write(Buffer.from([0xc0, 0]));
        }),
    ),
  );
  assert.equal(dropped, 0);
}
