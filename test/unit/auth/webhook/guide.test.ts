import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../helpers/temporary-directory.js";
import { AuthGround } from "../auth-ground.js";

/* The server that the guide shows decides as it says. */

const guide = await readFile(join(import.meta.dirname, "../../../../docs/guide/auth-webhook.md"), "utf8");

test("the guide's server lets its device in, with its rights, and nobody else", async (t) => {
  const source = /```js\n([\s\S]+?)```/.exec(guide)?.[1];
  assert.ok(source);
  const directory = await temporaryDirectory(t, "guide");
  await writeFile(join(directory, "server.mjs"), source);
  const { server } = (await import(join(directory, "server.mjs"))) as { server: Server };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const at = await AuthGround.open(t, { authWebhook: { url } });
  const device = await at.admit({ username: "sensor-7", password: "its password" });
  assert.ok(typeof device !== "string");
  assert.deepEqual(device.stated?.publish, ["devices/%u/#"]);
  assert.equal(await at.admit({ username: "sensor-7", password: "another" }), "credentials");
  assert.equal(await at.admit({ username: "nobody" }), "credentials");
});
