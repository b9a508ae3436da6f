import assert from "node:assert/strict";
import { test } from "node:test";
import { Window } from "../../../devices/simulator/window.js";

const never = new AbortController().signal;

test("has room below its bound", async () => {
  const window = new Window(2);
  window.enter();
  await window.room(never);
  assert.equal(window.full, false);
});

test("gives room when one leaves", async () => {
  const window = new Window(1);
  let sent = 0;
  const send = async () => {
    await window.room(never);
    window.enter();
    sent++;
  };
  await send();
  const waiting = send();
  await Promise.resolve();
  assert.equal(sent, 1);
  window.leave();
  await waiting;
  assert.deepEqual([sent, window.full], [2, true]);
});

test("lets go of who waits when the signal aborts", async () => {
  const window = new Window(1);
  const stop = new AbortController();
  window.enter();
  const waiting = Promise.all([window.room(stop.signal), window.empty(stop.signal)]);
  stop.abort();
  await waiting;
  assert.equal(window.full, true);
});

test("is empty when all have left", async () => {
  const window = new Window(5);
  window.enter();
  window.enter();
  let empty = false;
  const waiting = window.empty(never).then(() => {
    empty = true;
  });
  window.leave();
  await Promise.resolve();
  assert.equal(empty, false);
  window.leave();
  await waiting;
});
