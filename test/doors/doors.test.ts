import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileScope } from "../helpers/teardown.js";
import { channelDoors } from "./channel-doors.js";
import { type Credential, credentials, type Taken } from "./credentials.js";
import type { Door } from "./door.js";
import { mqttDoors } from "./mqtt-doors.js";
import { openPlace } from "./place.js";
import { plainDoor } from "./plain-door.js";

/*
 * Every door for clients, with every credential: who is let in, and exactly what those may do. What is let through is known by a
 * message that is allowed and comes after those that are not.
 */

const place = await openPlace(fileScope());
let visits = 0;

for (const door of [...mqttDoors, ...channelDoors, plainDoor])
  describe(door.name, () => {
    for (const credential of credentials.filter(({ form }) => door.forms.includes(form)))
      test(credential.name, () => tryOut(door, credential));
  });

async function tryOut(door: Door, { bring, taken, except }: Credential): Promise<void> {
  const brought = await bring(place);
  const visit = await door.enter(place, brought);
  const expected: Taken = except?.[door.name] ?? taken;
  if (expected === "refused") return assert.equal(visit, undefined, "was let in");
  assert.ok(visit, "was not let in");
  const user = expected === "server" ? undefined : expected.user;
  const run = `run-${++visits}`;
  try {
    await writes(visit, user, run);
    await reads(visit, user, run);
  } finally {
    await visit.leave();
  }
}

/** Publishes where it may and where it may not, and looks at what came through. */
async function writes(
  visit: NonNullable<Awaited<ReturnType<Door["enter"]>>>,
  user: string | undefined,
  run: string,
): Promise<void> {
  const own = `own/${user ?? "server"}/${run}`;
  const foreign = [`own/bob/${run}`, `open/${run}`, `open/secret/${run}`, `elsewhere/${run}`];
  for (const topic of foreign) {
    const answer = await visit.publish(topic, run);
    if (user !== undefined) assert.notEqual(answer, "taken", `${topic} was taken`);
  }
  assert.notEqual(await visit.publish(own, run), "refused");
  await heardByWitness(own);
  const through = place.witness.received.filter(({ payload }) => payload === run).map(({ topic }) => topic);
  assert.deepEqual(
    through.toSorted(),
    (user === undefined ? [...foreign, own] : [own]).toSorted(),
    "what came through",
  );
}

async function heardByWitness(topic: string): Promise<void> {
  const { received, client } = place.witness;
  while (!received.some((message) => message.topic === topic))
    await new Promise((resolve) => client.once("message", resolve));
}

/** Subscribes where it may and where it may not, and to more than it may. */
async function reads(
  visit: NonNullable<Awaited<ReturnType<Door["enter"]>>>,
  user: string | undefined,
  run: string,
): Promise<void> {
  const mine = user ?? "server";
  const whole = user === undefined;
  assert.equal(await visit.subscribe("own/bob/+"), whole, "own/bob/+");
  assert.equal(await visit.subscribe("open/secret/#"), whole, "open/secret/#");
  assert.equal(await visit.subscribe("elsewhere/#"), whole, "elsewhere/#");
  assert.equal(await visit.subscribe("+/+/read/#"), true, "+/+/read/#");
  assert.equal(await visit.subscribe("open/#"), true, "open/#");
  const readable = [`own/${mine}/read/${run}`, `open/any/read/${run}`, `open/${run}`, `open/end-${run}`];
  const kept = [`own/bob/read/${run}`, `open/secret/read/${run}`, `elsewhere/${run}`];
  for (const topic of [...kept, ...readable]) await place.publish(topic, "x");
  await visit.hears(`open/end-${run}`);
  await visit.hears(`own/${mine}/read/${run}`);
  // What somebody has published before is the last value of its topic in a channel.
  const itself = [`own/${mine}/${run}`, ...(whole ? [`open/secret/${run}`, `own/bob/${run}`] : [])];
  const heard = new Set(visit.heard.filter((topic) => topic.endsWith(run) && !itself.includes(topic)));
  assert.deepEqual(
    [...heard].toSorted(),
    (whole ? [...kept, ...readable] : readable).toSorted(),
    "what was heard",
  );
}
