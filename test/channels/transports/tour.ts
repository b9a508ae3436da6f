import type { Centrifuge as Client, Options, Subscription, TransportEndpoint } from "centrifuge";

/** What a client has seen on its way through everything that the protocol offers. */
export type Seen = Record<string, unknown>;

/**
 * Goes through everything that the protocol offers, with the reference client. It is run in pages, too, so it uses nothing but its
 * parameters. The server has the rules of features.test.ts.
 */
export async function tour(
  Centrifuge: typeof Client,
  endpoints: TransportEndpoint[],
  options: Partial<Options>,
): Promise<Seen> {
  const seen: Seen = {};
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    const deadline = Date.now() + 8_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`waited in vain until ${what}: ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const listen = (subscription: Subscription): unknown[] => {
    const values: unknown[] = [];
    subscription.on("publication", ({ data }) => values.push(data));
    return values;
  };
  let tokens = 0;
  const getToken = async (): Promise<string> => {
    tokens++;
    const expiresAt = Date.now() + 1_500;
    return JSON.stringify({ user: "ann", info: { name: "Ann" }, channels: ["own"], expiresAt });
  };
  const more = { ...options, minReconnectDelay: 20, maxReconnectDelay: 100, getToken };
  const client = new Centrifuge(endpoints, { ...more, name: "tour", data: { a: 1 } });
  const codes: number[] = [];
  client.on("connecting", ({ code }) => codes.push(code));
  const own: unknown[] = [];
  client.on("publication", ({ channel, data }) => own.push([channel, data]));
  let isSubscribed = false;
  client.on("subscribed", () => {
    isSubscribed = true;
  });
  client.connect();
  await client.ready(8_000);
  await until("the server has subscribed it", () => isSubscribed);

  // Publications, and what there is to know of a channel.
  const fleet = client.newSubscription("fleet", { joinLeave: true, recoverable: true });
  const joins: unknown[] = [];
  fleet.on("join", ({ info }) => joins.push(info.user));
  const values = listen(fleet);
  fleet.subscribe();
  await fleet.ready(8_000);
  await client.publish("mqtt:fleet/a", { n: 1 });
  await client.publish("mqtt:fleet/b", { n: 2 });
  await client.publish("mqtt:own", "for me");
  await until("publications came", () => values.length === 2 && own.length === 1 && joins.length === 1);
  const { clients } = await fleet.presence();
  const history = await fleet.history({ limit: 1, reverse: true });
  Object.assign(seen, { values: [...values], own: [...own], joins: [...joins] });
  seen.presence = Object.values(clients).map(({ user, connInfo }) => [user, connInfo]);
  seen.stats = await fleet.presenceStats();
  seen.history = [history.offset, history.publications.map(({ data, offset }) => [data, offset])];
  await client.send({ channel: "mqtt:fleet/a", data: { n: 3 } });
  await until("what was sent came", () => values.length === 3);
  const { data: answer } = await client.rpc("request", { channel: "device:7", data: { read: "t" } });
  seen.answer = answer.data;
  await client.rpc("nothing", {}).catch(({ code }) => {
    seen.noMethod = code;
  });

  // The values by topic, a part of a channel, and deltas.
  const map = client.newMapSubscription("fleet-map", { pageSize: 1 });
  const devices = new Map<string, unknown>();
  map.on("sync", ({ entries }) => {
    for (const { key, data } of entries) devices.set(key, data);
  });
  map.on("update", ({ key, data }) => devices.set(key, data));
  map.subscribe();
  await map.ready(8_000);
  await client.publish("mqtt:fleet/c", { n: 4 });
  await until("the map is complete", () => devices.size === 3);
  seen.map = [...devices].sort();
  const part = client.newSubscription("fleet-part", { data: { topics: "fleet/b" } });
  const parts = listen(part);
  const deltas = client.newSubscription("deltas", { delta: "fossil" });
  const texts = listen(deltas);
  part.subscribe();
  deltas.subscribe();
  await Promise.all([part.ready(8_000), deltas.ready(8_000)]);
  const long = "the same text, again and again, with a number at its end: ";
  for (const n of [1, 2, 3]) await client.publish("mqtt:deltas/a", { text: long + n });
  await client.publish("mqtt:fleet/a", { n: 5 });
  await client.publish("mqtt:fleet/b", { n: 6 });
  await until("part and deltas came", () => parts.length === 1 && texts.length === 3);
  Object.assign(seen, {
    parts: [...parts],
    texts: texts.map((text) => (text as { text: string }).text.slice(-1)),
  });
  seen.deltas = deltas.deltaStats().numDeltaPayloads;

  // A break, and what was missed meanwhile.
  await until("all came", () => values.length === 6);
  const other = new Centrifuge(endpoints, more);
  other.connect();
  await other.ready(8_000);
  client.disconnect();
  for (const n of [7, 8]) await other.publish("mqtt:fleet/a", { n });
  let recovered: unknown;
  fleet.on("subscribed", (context) => {
    recovered = [context.wasRecovering, context.recovered];
  });
  client.connect();
  await until("what was missed came", () => values.length === 8);
  await until("the map is true again", () => (devices.get("fleet/a") as { n: number }).n === 8);
  Object.assign(seen, { recovered, missed: values.slice(6), mapAfter: devices.get("fleet/a") });

  // A change of mind, and a token that ends.
  part.unsubscribe();
  part.subscribe();
  part.unsubscribe();
  part.subscribe();
  await part.ready(8_000);
  seen.state = part.state;
  const before = codes.length;
  const known = tokens;
  await until("the token was renewed", () => tokens >= known + 3);
  seen.interrupted = codes.length - before;
  await client.publish("mqtt:fleet/b", { n: 9 });
  await until("it goes on", () => values.length === 9);
  other.disconnect();
  client.disconnect();
  return seen;
}
