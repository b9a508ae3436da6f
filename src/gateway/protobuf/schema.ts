import { listOf, Message, mapOf } from "./message.js";

/*
 * The messages of the Centrifugal client protocol, with the names and numbers of its schema. Fields that are not here are skipped when
 * they come in. The client's `delta` is left out on purpose: patches would have to be taken out of their JSON strings; so no client
 * of this encoding is ever sent one. So is the `data` of connect, which may be anything.
 */

const filterNode = new Message({
  op: [1, "string"],
  key: [2, "string"],
  cmp: [3, "string"],
  val: [4, "string"],
  vals: [5, listOf("string")],
});
filterNode.add("nodes", 6, listOf(filterNode));

const subscribeRequest = new Message({
  channel: [1, "string"],
  token: [2, "string"],
  recover: [3, "bool"],
  epoch: [6, "string"],
  offset: [7, "uint64"],
  data: [8, "json"],
  positioned: [9, "bool"],
  recoverable: [10, "bool"],
  join_leave: [11, "bool"],
  tf: [13, filterNode],
  flag: [14, "int64"],
  type: [15, "int32"],
  phase: [16, "int32"],
  cursor: [17, "string"],
  limit: [18, "int32"],
  asc: [19, "bool"],
});

const connectRequest = new Message({
  token: [1, "string"],
  subs: [3, mapOf(subscribeRequest)],
  name: [4, "string"],
  version: [5, "string"],
  headers: [6, mapOf("string")],
});

const publishRequest = new Message({
  channel: [1, "string"],
  data: [2, "json"],
  type: [3, "int32"],
  key: [4, "string"],
  removed: [5, "bool"],
});

const historyRequest = new Message({
  channel: [1, "string"],
  limit: [7, "int32"],
  since: [8, new Message({ offset: [1, "uint64"], epoch: [2, "string"] })],
  reverse: [9, "bool"],
});

const channelRequest = new Message({ channel: [1, "string"] });

export const command = new Message({
  id: [1, "uint32"],
  connect: [4, connectRequest],
  subscribe: [5, subscribeRequest],
  unsubscribe: [6, channelRequest],
  publish: [7, publishRequest],
  presence: [8, channelRequest],
  presence_stats: [9, channelRequest],
  history: [10, historyRequest],
  ping: [11, new Message({})],
  send: [12, new Message({ data: [1, "json"] })],
  rpc: [13, new Message({ data: [1, "json"], method: [2, "string"] })],
  refresh: [14, new Message({ token: [1, "string"] })],
  sub_refresh: [15, new Message({ channel: [1, "string"], token: [2, "string"], type: [3, "int32"] })],
});

const clientInfo = new Message({
  user: [1, "string"],
  client: [2, "string"],
  conn_info: [3, "json"],
  chan_info: [4, "json"],
});

const publication = new Message({
  data: [4, "json"],
  info: [5, clientInfo],
  offset: [6, "uint64"],
  tags: [7, mapOf("string")],
  delta: [8, "bool"],
  time: [9, "int64"],
  channel: [10, "string"],
  key: [11, "string"],
  removed: [12, "bool"],
  epoch: [14, "string"],
});

const subscribeResult = new Message({
  expires: [1, "bool"],
  ttl: [2, "uint32"],
  recoverable: [3, "bool"],
  epoch: [6, "string"],
  publications: [7, listOf(publication)],
  recovered: [8, "bool"],
  offset: [9, "uint64"],
  positioned: [10, "bool"],
  data: [11, "json"],
  was_recovering: [12, "bool"],
  delta: [13, "bool"],
  id: [14, "int64"],
  type: [15, "int32"],
  phase: [16, "int32"],
  cursor: [17, "string"],
  state: [18, listOf(publication)],
});

const connectResult = new Message({
  client: [1, "string"],
  version: [2, "string"],
  expires: [3, "bool"],
  ttl: [4, "uint32"],
  data: [5, "json"],
  subs: [6, mapOf(subscribeResult)],
  ping: [7, "uint32"],
  pong: [8, "bool"],
  session: [9, "string"],
  node: [10, "string"],
  time: [11, "int64"],
});

const push = new Message({
  id: [1, "int64"],
  channel: [2, "string"],
  pub: [4, publication],
  join: [5, new Message({ info: [1, clientInfo] })],
  leave: [6, new Message({ info: [1, clientInfo] })],
  unsubscribe: [7, new Message({ code: [2, "uint32"], reason: [3, "string"] })],
  message: [8, new Message({ data: [1, "json"] })],
  subscribe: [
    9,
    new Message({
      recoverable: [1, "bool"],
      epoch: [4, "string"],
      offset: [5, "uint64"],
      positioned: [6, "bool"],
      data: [7, "json"],
    }),
  ],
  disconnect: [11, new Message({ code: [1, "uint32"], reason: [2, "string"], reconnect: [3, "bool"] })],
  refresh: [12, new Message({ expires: [1, "bool"], ttl: [2, "uint32"] })],
});

export const reply = new Message({
  id: [1, "uint32"],
  error: [2, new Message({ code: [1, "uint32"], message: [2, "string"], temporary: [3, "bool"] })],
  push: [4, push],
  connect: [5, connectResult],
  subscribe: [6, subscribeResult],
  unsubscribe: [7, new Message({})],
  publish: [8, new Message({})],
  presence: [9, new Message({ presence: [1, mapOf(clientInfo)] })],
  presence_stats: [10, new Message({ num_clients: [1, "uint32"], num_users: [2, "uint32"] })],
  history: [
    11,
    new Message({ publications: [1, listOf(publication)], epoch: [2, "string"], offset: [3, "uint64"] }),
  ],
  rpc: [13, new Message({ data: [1, "json"] })],
  refresh: [
    14,
    new Message({
      client: [1, "string"],
      version: [2, "string"],
      expires: [3, "bool"],
      ttl: [4, "uint32"],
    }),
  ],
  sub_refresh: [15, new Message({ expires: [1, "bool"], ttl: [2, "uint32"] })],
});
