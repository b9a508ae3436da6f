import { aedes } from "./aedes.js";
import { open, variants } from "./causeway.js";
import { centrifugo } from "./centrifugo.js";
import { mosquitto } from "./mosquitto.js";
import { nats } from "./nats.js";
import type { Peer } from "./peer.js";
import { socketio } from "./socketio.js";
import { wsLoop } from "./ws-loop.js";

/** What Causeway can be compared with. */
export const peers: readonly Peer[] = [
  mosquitto,
  nats,
  aedes,
  wsLoop,
  socketio,
  centrifugo,
  open,
  ...variants,
];
