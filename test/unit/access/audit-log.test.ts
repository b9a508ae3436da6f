import assert from "node:assert/strict";
import { test } from "node:test";
import pino from "pino";
import { AuditLog } from "../../../src/access/audit-log.js";

interface Line {
  readonly msg: string;
  readonly user?: string;
  readonly suppressed?: number;
}

function open() {
  const lines: Line[] = [];
  const audit = new AuditLog(pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Line) }));
  return { audit, lines };
}

test("who is let in again and again does not fill the log, and hides nobody else", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { audit, lines } = open();
  const enter = (user: string, remote: string) =>
    audit.admitted({ door: "rest", user, proof: "password", credential: `${user}'s`, remote });
  for (let port = 1; port <= 1_000; port++) enter("ann", `192.0.2.7:${port}`);
  enter("bob", "192.0.2.7:1");
  const of = (name: string) => lines.filter(({ user, msg }) => user === name && msg === "let in").length;
  assert.deepEqual([of("ann"), of("bob")], [20, 1]);
  t.mock.timers.tick(10_000);
  assert.deepEqual(
    lines.slice(21).map(({ msg, user, suppressed }) => [msg, user, suppressed]),
    [["let in (more lines left out)", "ann", 980]],
  );
  enter("ann", "192.0.2.7:1");
  assert.equal(of("ann"), 21);
});

test("many credentials at once are bounded, too", () => {
  const { audit, lines } = open();
  for (let user = 0; user < 5_000; user++) audit.admitted({ door: "mqtt", user: `u${user}`, proof: "token" });
  assert.equal(lines.length, 1_020);
});

test("what was changed is written whole", () => {
  const { audit, lines } = open();
  for (let i = 0; i < 100; i++) audit.changed({ door: "rest", user: "ann", what: "POST /" });
  assert.equal(lines.length, 100);
});
