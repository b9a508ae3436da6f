import assert from "node:assert/strict";
import { test } from "node:test";
import type { MapPage, MapReading, MapSubscriber, Position } from "../../../src/gateway/channels.js";
import { Fault } from "../../../src/gateway/fault.js";
import { MapPhase, type MapRequest, MapSubscription } from "../../../src/gateway/map-subscription.js";
import { MapUpdate } from "../../../src/gateway/map-update.js";
import { PublicationHeader } from "../../../src/gateway/publication.js";
import { Replay } from "../../../src/gateway/replay.js";
import { Rooms } from "../../../src/gateway/rooms.js";
import type { SubscriptionHost } from "../../../src/gateway/subscription-host.js";
import { nobody } from "../../../src/gateway/watcher.js";
import { slowOutbox } from "./support/slow-outbox.js";

const header = new PublicationHeader("c");
const content = {
  data: "1",
  encoding: undefined,
  time: undefined,
  origin: undefined,
  envelope: undefined,
  bytes: 1,
  keep: () => {},
};
const update = (offset: number): MapUpdate =>
  new MapUpdate(header, {
    topic: `t${offset}`,
    offset,
    content: { ...content, topic: `t${offset}` },
  });
const page = (offsets: readonly number[], complete: boolean, offset = offsets.at(-1) ?? 0): MapPage => ({
  updates: offsets.map(update),
  offset,
  complete,
});

type Asked = { state: number[]; changes: [number, number][]; followed: boolean };

/** A map whose answers are written down beforehand. */
class Script implements MapReading {
  readonly position: Position = { epoch: "e", offset: 10 };
  readonly asked: Asked = { state: [], changes: [], followed: false };

  constructor(
    readonly states: (MapPage | undefined)[],
    readonly later: (MapPage | undefined)[],
  ) {}

  state(limit: number): MapPage | undefined {
    this.asked.state.push(limit);
    return this.states.shift();
  }

  changes(after: Position, limit: number): MapPage | undefined {
    this.asked.changes.push([after.offset, limit]);
    return this.later.shift();
  }

  follow(): void {
    this.asked.followed = true;
  }
}

function setUp(script: Script | undefined) {
  const { outbox, transport, endTurn } = slowOutbox();
  const rooms = new Rooms(nobody);
  let left = 0;
  let subscriber: MapSubscriber | undefined;
  const channels = {
    subscribeMap: (_channel: string, opened: MapSubscriber) => {
      subscriber = opened;
      if (script) opened.opened(script);
      return () => left++;
    },
  };
  const host = {
    channels,
    rooms,
    outbox,
    replay: new Replay(outbox),
    expiryGrace: 0,
    member: () => ({ client: "me", user: "" }),
  } as unknown as SubscriptionHost;
  const answers: (Record<string, unknown> | number)[] = [];
  const answer = {
    accept: (result: string) => answers.push(JSON.parse(`{${result}}`)),
    refuse: (fault: Fault) => answers.push(fault.code),
  };
  const options = {
    channel: "c",
    server: false,
    granted: false,
    permit: { subscribe: "whole" as const, presence: true, recovery: true, rights: undefined },
    presence: false,
    joinLeave: false,
    part: undefined,
    shape: { maxRate: undefined, newest: false, filter: undefined, delta: false },
    ended: () => {},
  };
  const subscription = new MapSubscription(host, options, answer);
  const begin = (request: Partial<MapRequest>): void => {
    subscription.request(requestOf(request));
    subscription.begin(undefined);
  };
  const go = (request: Partial<MapRequest>): void => subscription.next(requestOf(request), answer);
  return {
    subscription,
    begin,
    go,
    answers,
    rooms,
    transport,
    endTurn,
    left: () => left,
    told: () => subscriber,
  };
}

function requestOf(request: Partial<MapRequest>): MapRequest {
  return {
    phase: MapPhase.state,
    limit: 2,
    cursor: "",
    since: { epoch: "e", offset: 10 },
    recover: false,
    ...request,
  };
}

function keysOf(list: unknown): unknown {
  return (list as { key: string }[] | undefined)?.map(({ key }) => key);
}

function brief(answer: Record<string, unknown> | number | undefined): unknown {
  if (typeof answer !== "object") return answer;
  const { state, publications, ...rest } = answer;
  return { ...rest, state: keysOf(state), publications: keysOf(publications) };
}

test("from pages of state over changes to live", () => {
  const script = new Script(
    [page([1, 2], false, 10), page([3], true, 10)],
    [page([11], false), page([11, 12], false), page([13], true, 15)],
  );
  const { begin, go, answers, subscription, rooms } = setUp(script);
  begin({});
  assert.equal(subscription.isNext(requestOf({ cursor: "1" })), true);
  go({ cursor: "1" });
  assert.equal(rooms.subscribers("c"), 0);
  go({ phase: MapPhase.stream });
  assert.equal(subscription.settled, false);
  go({ phase: MapPhase.stream, since: { epoch: "e", offset: 12 } });
  const place = { type: 1, epoch: "e" };
  assert.deepEqual(answers.map(brief), [
    { ...place, phase: 2, offset: 10, state: ["t1", "t2"], cursor: "1", publications: undefined },
    { ...place, phase: 2, offset: 10, state: ["t3"], publications: undefined },
    { ...place, phase: 1, offset: 12, publications: ["t11", "t12"], state: undefined },
    {
      ...place,
      recoverable: true,
      positioned: true,
      offset: 15,
      publications: ["t13"],
      state: undefined,
    },
  ]);
  assert.deepEqual(script.asked, {
    state: [2, 2],
    changes: [
      [10, 2],
      [10, 2],
      [12, 2],
    ],
    followed: true,
  });
  assert.deepEqual([subscription.settled, rooms.subscribers("c")], [true, 1]);
});

test("a small map is live with its first answer", () => {
  const { begin, answers, subscription, told, transport, endTurn } = setUp(
    new Script([page([1], true, 10)], [page([], true, 10)]),
  );
  begin({});
  assert.deepEqual(answers.map(brief), [
    { type: 1, recoverable: true, positioned: true, epoch: "e", offset: 10, state: ["t1"], publications: [] },
  ]);
  assert.equal(subscription.settled, true);
  told()?.update(update(11));
  endTurn();
  transport.takeOne();
  assert.deepEqual(
    transport.lines.map((line) => JSON.parse(line)),
    [{ push: { channel: "c", pub: { key: "t11", data: 1, offset: 11, tags: { topic: "t11" } } } }],
  );
});

test("one that comes back is given the changes, and told that it has recovered", () => {
  const { begin, answers } = setUp(new Script([], [page([11], true, 12)]));
  begin({ phase: MapPhase.stream, recover: true });
  const [answer] = answers as Record<string, unknown>[];
  assert.deepEqual([answer?.recovered, answer?.was_recovering, answer?.offset], [true, true, 12]);
});

test("a page that is not the next one, or that there is none of, has the client begin anew", () => {
  for (const cursor of ["0", "2", "x", ""]) {
    const { begin, go, answers, left, subscription } = setUp(new Script([page([1], false)], []));
    begin({});
    go({ cursor });
    assert.equal(answers[1], 112);
    assert.deepEqual([left(), subscription.settled], [0, false], "closing it is left to the session");
  }
  const gone = setUp(new Script([undefined], []));
  gone.begin({});
  assert.deepEqual(gone.answers, [112]);
  const lost = setUp(new Script([page([1], true)], [undefined]));
  lost.begin({});
  assert.deepEqual(lost.answers, [112]);
});

test("a client that is not catching up is given everything at once after some pages", () => {
  const never = Array.from({ length: 17 }, () => page([11], false));
  const script = new Script([page([], true)], [page([11], false), ...never]);
  const { begin, go } = setUp(script);
  begin({});
  for (let n = 0; n < 17; n++) go({ phase: MapPhase.stream });
  assert.deepEqual(script.asked.changes.map(([, limit]) => limit).slice(-2), [2, Number.POSITIVE_INFINITY]);
});

test("a command is answered once: between pages there is nothing to refuse", () => {
  const { begin, subscription, answers } = setUp(new Script([page([1], false)], []));
  begin({});
  assert.equal(subscription.pending, false);
  subscription.refused(new Fault({ code: 108, message: "no", temporary: false, meaning: "" }));
  assert.equal(answers.length, 1);
});

test("before the channel has opened no other step is the next one", () => {
  const { begin, subscription } = setUp(undefined);
  begin({});
  assert.equal(subscription.isNext(requestOf({ cursor: "1" })), false);
  assert.equal(subscription.isNext(requestOf({ phase: MapPhase.stream })), false);
  assert.equal(subscription.pending, true);
});

test("closed, it has left the channel and its room", () => {
  const { begin, subscription, rooms, left } = setUp(new Script([page([1], true)], [page([], true)]));
  begin({});
  subscription.close();
  subscription.close();
  assert.deepEqual([left(), rooms.subscribers("c")], [1, 0]);
});
