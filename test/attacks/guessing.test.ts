import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { pace } from "../faults/support/pace.js";
import { type RunningServer, startServer } from "../helpers/server.js";
import { accountsFile } from "./support/accounts-file.js";
import { besiege } from "./support/siege.js";
import { knock, type Reception } from "./support/stranger.js";
import { connectionToken } from "./support/token.js";

const MIB = 1024 ** 2;
/** A check takes some 20 ms with these: a thousand a second would take every core for itself. */
const ITERATIONS = 20_000;
const PER_SECOND = 1_000;
const SECONDS = 3;
/** Attempts that wait for their answers; a machine that is too slow for the rate gets less. */
const AT_ONCE = 200;
const FAILURES = 10;
/** Password checks that guesses may cost: those before the back-off begins, and those under way by then. */
const MOST_CHECKS = 100;
const GOOD = { username: "good", password: "the password of the good one" };
const SECRET = "a secret of the tests, which is long enough";
const NAMES = ["__proto__", "constructor", "hasOwnProperty", "toString"];

async function start(t: TestContext): Promise<RunningServer> {
  const file = await accountsFile(
    t,
    { [GOOD.username]: GOOD.password, victim: "not to be guessed" },
    ITERATIONS,
  );
  return startServer(t, {
    config: {
      accounts: { file, backoff: { failures: FAILURES, first: "5s", longest: "1m" } },
      http: { openMetrics: true },
      bridge: { channels: [{ channel: "neighbour", topics: ["neighbour/clock"] }] },
      tokens: { secret: SECRET },
      allowAnonymous: false,
    },
  });
}

test("a thousand guesses a second cost no password checks, and who was let in before still is", async (t) => {
  const server = await start(t);
  const outcomes = new Map<Reception, number>();
  const siege = await besiege(t, server, { memory: 96 * MIB, neighbours: await neighbours() }, async () => {
    await guess((i) => knock(server, { username: "victim", password: `guess ${i}` }), outcomes);
    assert.equal(await knock(server, GOOD), 0, "the good one gets in from the same address");
    assert.equal(await knock(server, { ...GOOD, localAddress: "127.0.0.2" }), 0, "and from another");
    const wrong = { username: "victim", password: "not to be guessed" };
    assert.notEqual(await knock(server, wrong), 0, "a right guess is not seen during the back-off");
    assert.equal(
      await knock(server, { ...wrong, localAddress: "127.0.0.3" }),
      0,
      "the owner gets in from elsewhere",
    );
  });
  t.diagnostic(`outcomes ${JSON.stringify([...outcomes])}`);
  assert.equal(outcomes.get(0), undefined);
  const refused = siege.rise("auth_refused_total");
  const unseen = siege.after.get('auth_refused_total{kind="backoff"}');
  t.diagnostic(`${refused} refused, ${unseen} of them unseen`);
  assert.ok(refused >= 3 * MOST_CHECKS, `${refused} refused`);
  assert.ok(refused - unseen <= MOST_CHECKS, `${refused - unseen} were looked at`);
});

test("guesses at many names, of which some mean something to JavaScript, lead to the same", async (t) => {
  const server = await start(t);
  const outcomes = new Map<Reception, number>();
  const siege = await besiege(t, server, { memory: 96 * MIB, neighbours: await neighbours() }, async () => {
    const name = (i: number) => NAMES[i % 40] ?? `name ${i}`;
    await guess((i) => knock(server, { username: name(i), password: `guess ${i}` }), outcomes);
  });
  assert.equal(outcomes.get(0), undefined);
  const looked = siege.rise("auth_refused_total") - siege.after.get('auth_refused_total{kind="backoff"}');
  assert.ok(looked <= MOST_CHECKS, `${looked} were looked at`);
});

test("guesses at the login form are refused the same way", async (t) => {
  const server = await start(t);
  const outcomes = new Map<Reception, number>();
  const login = async (user: string, password: string) => {
    const headers = { "content-type": "application/json", "x-causeway-csrf": "1", origin: server.httpUrl };
    const body = JSON.stringify({ user, password });
    const response = await fetch(`${server.httpUrl}/login`, { method: "POST", headers, body });
    assert.doesNotMatch(await response.text(), /guess/);
    return response.status;
  };
  const siege = await besiege(t, server, { memory: 96 * MIB, neighbours: await neighbours() }, async () => {
    await guess((i) => login("victim", `guess ${i}`), outcomes);
    assert.equal(await login(GOOD.username, GOOD.password), 200);
  });
  t.diagnostic(`outcomes ${JSON.stringify([...outcomes])}`);
  assert.deepEqual([...outcomes.keys()].toSorted(), [401, 429]);
  assert.ok((outcomes.get(401) ?? 0) <= MOST_CHECKS);
  assert.ok(siege.rise("auth_refused_total") >= FAILURES);
});

/** They are let in as the good one before the guessing begins. */
async function neighbours() {
  return { ...GOOD, token: await connectionToken(SECRET, { sub: GOOD.username }), channel: "neighbour" };
}

/** As many a second as there are to be, in so far as they are answered. */
async function guess(
  attempt: (i: number) => Promise<Reception>,
  outcomes: Map<Reception, number>,
): Promise<void> {
  let answered = 0;
  const under: Promise<void>[] = [];
  await pace(
    PER_SECOND * SECONDS,
    PER_SECOND,
    (i) => {
      if (i - answered >= AT_ONCE) {
        answered++;
        return;
      }
      const count = (reception: Reception) => {
        answered++;
        outcomes.set(reception, (outcomes.get(reception) ?? 0) + 1);
      };
      under.push(attempt(i).then(count));
    },
    () => answered,
  );
  await Promise.all(under);
}
