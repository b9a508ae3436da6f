import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";
import { poll } from "../faults/support/poll.js";
import { certificate } from "../helpers/certificate.js";
import { run } from "../helpers/command.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { temporaryDirectory } from "../helpers/temporary-directory.js";
import { accountsFile } from "./support/accounts-file.js";
import { ChannelSession } from "./support/channel-session.js";
import { RawHttp, request } from "./support/raw-http.js";
import { Secrets } from "./support/secrets.js";
import { knock } from "./support/stranger.js";
import { connectionToken } from "./support/token.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const USER = "ann";

/** A secret of every kind, and a server that knows them. */
async function ground(t: TestContext) {
  const secrets = new Secrets();
  const directory = await temporaryDirectory(t, "secrets");
  const own = {
    password: secrets.make("a password"),
    tokenSecret: secrets.make("tokens.secret"),
    apiKey: secrets.make("one of api.keys"),
    plainKey: secrets.make("one of gateway.apiKeys"),
    urlSecret: secrets.make("signedUrls.secret"),
    hookSecret: secrets.make("the secret of a webhook"),
    authHookSecret: secrets.make("authWebhook.secret"),
  };
  const keyFile = join(directory, "keys.yaml");
  const added = await run(process.execPath, [
    MAIN,
    "key",
    "add",
    "tests",
    "--scope",
    "admin",
    "--file",
    keyFile,
  ]);
  assert.equal(added.code, 0, added.stderr);
  const fileKey = secrets.add("a key of keys.file", added.stdout.trim());
  const certificates = await certificate(t);
  const pem = await readFile(join(certificates, "key.pem"), "utf8");
  for (const line of pem.split("\n"))
    if (!line.startsWith("-----")) secrets.add("the key of the certificate", line);
  const hook = await receiver(t);
  const accounts = await accountsFile(t, { [USER]: own.password });
  for (const line of (await readFile(accounts, "utf8")).split("$").slice(3))
    secrets.add("the hash of a password", line.trim());
  const config = {
    log: { level: "trace" },
    allowAnonymous: false,
    http: { openMetrics: true },
    accounts: { file: accounts, backoff: { failures: 10_000 } },
    keys: { file: keyFile },
    api: { keys: [own.apiKey] },
    gateway: { apiKeys: [own.plainKey] },
    signedUrls: { secret: own.urlSecret },
    authWebhook: { url: `${hook}/auth`, secret: own.authHookSecret, timeout: "1s" },
    webhooks: [
      {
        name: "tests",
        url: `${hook}/events?token=${secrets.make("the query of a webhook")}`,
        secret: own.hookSecret,
        events: ["client.connected", "message"],
        topics: ["news"],
        batch: { delay: "0s" },
        retry: { min: "50ms", refusals: 2 },
      },
    ],
    tls: { cert: join(certificates, "cert.pem"), key: join(certificates, "key.pem"), http: false },
    bridge: {
      channels: [
        {
          channel: "news",
          topics: ["news"],
          publish: { topic: "news" },
          snapshot: true,
          history: { size: 5 },
        },
      ],
    },
  };
  return { secrets, directory, config, own: { ...own, fileKey } };
}

/** Somebody who answers every request with an error, and tells back what it got. */
async function receiver(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(500, { "x-echo": String(request.headers["x-causeway-signature"] ?? "") });
      response.end(Buffer.concat(chunks));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Ground = Awaited<ReturnType<typeof ground>>;

/** What somebody is answered over HTTP; each door of it with each credential. */
async function overHttp(server: RunningServer, { own, secrets }: Ground, token: string): Promise<string[]> {
  const wrong = (what: string) => secrets.make(`a wrong ${what}`);
  const basic = (password: string) => `Basic ${secrets.add("basic", btoa(`${USER}:${password}`).slice(8))}`;
  const credentials: readonly Record<string, string>[] = [
    ...[own.apiKey, own.fileKey, wrong("key")].flatMap((key) => [
      { "x-api-key": key },
      { authorization: `Bearer ${key}` },
      { authorization: key },
      { cookie: `causeway=${key}; session=${key}` },
    ]),
    ...[
      token,
      secrets.addToken(
        "a token that is wrong",
        `${token.slice(0, -40)}${secrets.make("wrong").slice(0, 40)}`,
      ),
    ].map((one) => ({ authorization: `Bearer ${one}` })),
    ...[own.password, wrong("password")].map((password) => ({ authorization: basic(password) })),
  ];
  const answers: string[] = [];
  for (const headers of credentials)
    for (const [method, path, body] of [
      ["GET", "/api/v1/channels"],
      ["GET", "/api/v1/nowhere"],
      ["GET", "/metrics"],
      ["GET", "/info"],
      ["POST", "/api/v1/publish", '{"topic":"news","data":1}'],
      ["POST", "/api/v1/publish", '{"topic":'],
      ["POST", "/connection/http_stream", "no command"],
      ["POST", "/emulation", "{}"],
    ] as const) {
      const type = { "content-type": "application/json" };
      const signal = AbortSignal.timeout(5_000);
      const init = { method, headers: { ...headers, ...type }, signal, ...(body ? { body } : {}) };
      answers.push(await (await fetch(`${server.httpUrl}${path}`, init)).text());
    }
  for (const password of [own.password, wrong("password")]) {
    const response = await fetch(`${server.httpUrl}/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-causeway-csrf": "1" },
      body: JSON.stringify({ user: USER, password }),
    });
    answers.push(await response.text());
    const [, name = "", value = ""] = /^([^=]+)=([^;]+)/.exec(response.headers.get("set-cookie") ?? "") ?? [];
    if (password === own.password) assert.ok(value, "a right password is answered with a cookie");
    const cookie = `${name}=${value && secrets.add("a cookie", value)}`;
    const headers = { cookie, "x-causeway-csrf": "1" };
    for (const path of ["/session", "/api/v1/channels"])
      answers.push(await (await fetch(`${server.httpUrl}${path}`, { headers })).text());
  }
  return answers;
}

/** Queries, which are where secrets get into logs most often. */
async function overQueries(t: TestContext, server: RunningServer, { own, secrets }: Ground, token: string) {
  const expires = Math.floor(Date.now() / 1_000) + 600;
  const signature = createHmac("sha256", own.urlSecret).update(`news${expires}`).digest("base64url");
  secrets.add("a signature", signature);
  const wrong = secrets.make("a wrong one");
  const queries = [
    `jwt=${token}`,
    `jwt=${wrong}`,
    `api_key=${own.plainKey}`,
    `api_key=${own.fileKey}`,
    `api_key=${wrong}`,
    `user=${USER}&expires=${expires}&signature=${signature}`,
    `expires=${wrong}&signature=${wrong}`,
  ];
  const answers: string[] = [];
  for (const query of queries)
    for (const path of ["/v3/news", "/v3/unknown", "/nowhere", "/mqtt", "/connection/websocket"]) {
      answers.push(await opened(`${server.wsUrl}${path}?${query}`));
      answers.push(await (await fetch(`${server.httpUrl}${path}?${query}`)).text());
      const broken = request(`GET ${path}?${query}`, "Host: a", "Content-Length: no");
      answers.push(await RawHttp.exchange(t, server, broken));
    }
  for (const one of [token, wrong]) {
    const connect = encodeURIComponent(JSON.stringify({ id: 1, connect: { token: one } }));
    const response = await fetch(`${server.httpUrl}/connection/sse?cf_connect=${connect}`);
    const chunk = await response.body?.getReader().read();
    answers.push(Buffer.from(chunk?.value ?? []).toString());
  }
  return answers;
}

async function overChannels(t: TestContext, server: RunningServer, { secrets, own }: Ground, token: string) {
  const wrong = secrets.make("a wrong token");
  const answers: string[] = [];
  const ask = async (session: ChannelSession, command: object) => {
    answers.push(JSON.stringify(await session.ask(command).catch(({ message }) => message)));
  };
  for (const connect of [{ token }, { token: wrong }, { token: own.apiKey }]) {
    const session = await ChannelSession.open(t, server, connect).catch(({ message }) => String(message));
    if (typeof session === "string") {
      answers.push(session);
      continue;
    }
    for (const one of [token, wrong]) {
      await ask(session, { subscribe: { channel: "news", token: one } });
      await ask(session, { sub_refresh: { channel: "news", token: one } });
      await ask(session, { refresh: { token: one } });
    }
    session.socket.send(`{"id":99,"connect":{"token":"${wrong}`); // half a command
    answers.push(JSON.stringify(await session.closed));
  }
  return answers;
}

async function overMqtt(server: RunningServer, { own, secrets }: Ground, token: string): Promise<void> {
  const { host, port } = server.mqtt;
  assert.equal(await knock(server, { username: USER, password: own.password }), 0);
  for (const password of [token, own.apiKey, own.fileKey, own.plainKey, secrets.make("a wrong password")])
    for (const username of [USER, "nobody", ""]) {
      await knock(server, { username, password });
      await knock(server, { username, password: `${password}\u0000` });
    }
  // A connection that speaks no MQTT, and one whose client gives up in the middle of the handshake.
  const [, tlsPort] = server.addresses.mqtts?.split(":") ?? [];
  for (const options of [
    { host, port },
    { host, port: Number(tlsPort), maxVersion: "TLSv1.1" as const },
  ]) {
    const socket = connectTls({ ...options, rejectUnauthorized: true });
    await once(socket, "error").catch(() => undefined);
  }
}

/** What a WebSocket is told when it is not opened, or is opened and closed. */
function opened(url: string): Promise<string> {
  const socket = new WebSocket(url, url.includes("/mqtt") ? ["mqtt"] : []);
  return new Promise((resolve) => {
    socket.on("unexpected-response", (_request, response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    socket.on("error", (error) => resolve(error.message));
    socket.on("open", () => socket.close());
    socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
  });
}

test("secrets are in no line of the log, no answer, no metric, no file and no report, whatever is brought to whichever door", async (t) => {
  const all = await ground(t);
  const { secrets, directory, own, config } = all;
  const reports = [
    "--report-on-signal",
    "--report-uncaught-exception",
    `--report-directory=${directory}`,
  ].join(" ");
  const server = await startServer(t, {
    args: ["--mqtts", "127.0.0.1:0"],
    config,
    env: { CAUSEWAY_TOKENS_SECRET: own.tokenSecret, NODE_OPTIONS: reports },
  });
  const token = secrets.addToken(
    "a token",
    await connectionToken(own.tokenSecret, { sub: USER, channels: ["news"] }),
  );
  await overMqtt(server, all, token);
  const answers = [
    ...(await overHttp(server, all, token)),
    ...(await overQueries(t, server, all, token)),
    ...(await overChannels(t, server, all, token)),
  ];
  answers.push(await (await fetch(`${server.httpUrl}/metrics`)).text());
  process.kill(server.pid, "SIGHUP");
  await server.logged(({ msg }) => msg.startsWith("SIGHUP"));
  process.kill(server.pid, "SIGUSR2");
  const reported = async () => (await readdir(directory)).some((name) => name.startsWith("report."));
  await poll(reported, () => "there is a report");
  assert.equal(await server.stop(), 0);
  assert.ok(server.log.some(({ msg }) => msg === "refused"));
  assert.deepEqual(secrets.shownIn(server.log.map((line) => JSON.stringify(line)).join("\n")), []);
  assert.deepEqual(secrets.shownIn(answers.join("\n")), []);
  assert.deepEqual(await secrets.shownBelow(server.data), []);
  assert.deepEqual(await secrets.shownBelow(directory), []);
});

test("a configuration whose secrets are wrong is told so, without them", async (t) => {
  const secrets = new Secrets();
  const directory = await temporaryDirectory(t, "secrets");
  const short = (what: string) => secrets.make(what).slice(0, 15);
  const wrong = {
    tokens: { secret: short("tokens.secret"), keys: secrets.make("tokens.keys") },
    api: { keys: [`${secrets.make("an api key")} with a space`, secrets.make("the same")] },
    gateway: { apiKeys: [short("gateway.apiKeys")] },
    signedUrls: { secret: short("signedUrls.secret") },
    authWebhook: {
      url: `http://user:${secrets.make("in a URL")}@127.0.0.1/`,
      secret: short("authWebhook.secret"),
    },
    webhooks: [
      { name: "a", url: "http://127.0.0.1/", secret: short("a webhook's secret"), events: ["message"] },
    ],
    secret: secrets.make("a key that is none"),
  };
  const file = join(directory, "causeway.yaml");
  const texts = [JSON.stringify(wrong), `tokens:\n  secret: "${secrets.make("cut short")}\napi: [`];
  for (const text of texts)
    for (const command of ["check-config", "serve"]) {
      await writeFile(file, text);
      const { code, stdout, stderr } = await run(process.execPath, [MAIN, command, "--config", file]);
      assert.notEqual(code, 0);
      assert.ok(stderr.length + stdout.length > 50);
      assert.deepEqual(secrets.shownIn(stdout + stderr), [], command);
    }
});
