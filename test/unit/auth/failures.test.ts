import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Attempt } from "../../../src/access/gate.js";
import { defaultBackoff, Failures } from "../../../src/auth/failures.js";
import { loadConfig } from "../../../src/config/load.js";

const OPTIONS = { failures: 3, first: 1_000, longest: 8_000 };

/** A clock that goes when it is told to. */
class Ground {
  now = 0;
  readonly failures = new Failures(OPTIONS, () => this.now);

  /** Whether it is refused unseen; else it fails. */
  fails(attempt: Attempt): boolean {
    if (this.failures.refuses(attempt)) return false;
    this.failures.failed(attempt);
    return true;
  }
}

function attempt(username: string, address = "192.0.2.7", password = "wrong"): Attempt {
  return { door: "mqtt", peer: { address, port: 1, secure: false }, username, password };
}

/** Different credentials each time, as somebody has who guesses. */
let guesses = 0;
const guess = (username: string, address?: string) => attempt(username, address, `guess ${guesses++}`);

test("without accounts the defaults of the section hold", () => {
  const { config } = loadConfig({ env: { CAUSEWAY_ACCOUNTS: "{file: /dev/null}" } });
  assert.deepEqual(config.accounts?.backoff, defaultBackoff);
});

describe("one who guesses", () => {
  test("is refused after so many failures, for a time that doubles to a bound", () => {
    const ground = new Ground();
    const waits: number[] = [];
    for (let count = 0; count < 8; count++) {
      const began = ground.now;
      while (!ground.fails(guess("alice"))) ground.now += 500;
      waits.push(ground.now - began);
    }
    assert.deepEqual(waits, [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  test("is stopped at one name from many networks only in each of them", () => {
    const ground = new Ground();
    for (let host = 1; host <= 200; host++) ground.fails(guess("alice", `192.0.2.${host}`));
    assert.equal(ground.failures.refuses(attempt("alice", "192.0.2.1")), false);
    for (let count = 0; count < 3; count++) ground.fails(guess("alice", "192.0.2.1"));
    assert.equal(ground.failures.refuses(attempt("alice", "192.0.2.1")), true);
    assert.equal(ground.failures.refuses(attempt("alice", "198.51.100.1")), false);
  });

  test("is stopped who tries a password at many names", () => {
    const ground = new Ground();
    for (const name of ["alice", "bob", "carol"]) assert.ok(ground.fails(attempt(name)));
    assert.equal(ground.failures.refuses(attempt("dave")), true);
  });

  test("is one in all addresses of 64 bits of IPv6", () => {
    const ground = new Ground();
    for (let host = 1; host <= 3; host++) ground.fails(guess(`user${host}`, `2001:db8::${host}`));
    assert.equal(ground.failures.refuses(attempt("dave", "2001:db8::99")), true);
    assert.equal(ground.failures.refuses(attempt("dave", "2001:db8:0:1::99")), false);
  });

  test("cannot wipe its network clean with an account of its own", () => {
    const ground = new Ground();
    for (let count = 0; count < 2; count++) ground.fails(guess("alice"));
    ground.failures.succeeded(attempt("mallory", "192.0.2.7", "right"));
    ground.fails(guess("alice"));
    assert.equal(ground.failures.refuses(guess("bob")), true);
  });

  test("gets as little with tokens, keys and signed URLs", () => {
    const peer = { address: "192.0.2.7", port: 1, secure: false };
    for (const bring of [
      (count: number) => ({ token: `token ${count}` }),
      (count: number) => ({ key: `key ${count}` }),
      (count: number) => ({
        signedUrl: { channel: "a", query: new URLSearchParams({ signature: String(count) }) },
      }),
    ]) {
      const ground = new Ground();
      for (let count = 0; count < 3; count++)
        assert.ok(ground.fails({ door: "channel", peer, ...bring(count) }));
      assert.equal(ground.failures.refuses({ door: "channel", peer, ...bring(9) }), true);
    }
  });

  test("is forgotten once it was quiet for the longest time after the last refusal", () => {
    const ground = new Ground();
    for (let count = 0; count < 3; count++) ground.fails(guess("alice"));
    ground.now += 1_000 + 8_000;
    for (let count = 0; count < 3; count++) assert.ok(ground.fails(guess("alice")), `${count}`);
    assert.equal(ground.fails(guess("alice")), false);
  });
});

describe("one who does not guess", () => {
  test("is let in behind the address of one who does, if it was let in there before", () => {
    const ground = new Ground();
    ground.failures.succeeded(attempt("sensor", undefined, "right"));
    for (let count = 0; count < 9; count++) ground.fails(guess("alice"));
    assert.equal(ground.failures.refuses(attempt("newcomer")), true);
    assert.equal(ground.failures.refuses(attempt("sensor", undefined, "right")), false);
  });

  test("is not taken for one who does with an old password, and stops nobody else", () => {
    const ground = new Ground();
    for (let count = 0; count < 100; count++) ground.fails(attempt("sensor", undefined, "old"));
    assert.equal(ground.failures.refuses(attempt("sensor", undefined, "old")), true);
    assert.equal(ground.failures.refuses(attempt("newcomer")), false);
  });

  test("begins anew with each success", () => {
    const ground = new Ground();
    for (let count = 0; count < 20; count++) {
      const wrong = attempt("alice", `192.0.2.${count % 2}`);
      assert.ok(ground.fails(wrong));
      ground.failures.succeeded(wrong);
    }
  });

  test("brings nothing, or a cookie from before, and is not counted", () => {
    const ground = new Ground();
    const peer = { address: "192.0.2.7", port: 1, secure: false };
    for (let count = 0; count < 10; count++) {
      assert.ok(ground.fails({ door: "rest", peer }));
      assert.ok(ground.fails({ door: "rest", peer, cookie: `old ${count}` }));
    }
    for (let count = 0; count < 3; count++) ground.fails(guess("alice"));
    assert.equal(ground.failures.refuses({ door: "rest", peer }), false);
    assert.equal(ground.failures.refuses(attempt("alice")), true);
  });
});

test("fifty thousand networks and names take a bounded place, with names of any length", () => {
  const ground = new Ground();
  const long = "x".repeat(60_000);
  for (let count = 0; count < 51_000; count++) {
    const address = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;
    ground.failures.failed(attempt(count < 100 ? `${long}${count}` : `user${count}`, address));
  }
  const { networks, pairs } = ground.failures;
  assert.deepEqual([networks.size, networks.forgotten], [20_000, 31_000]);
  assert.deepEqual([pairs.size, pairs.forgotten], [50_000, 1_000]);
});
