import { WebSocket } from "ws";

/** A WebSocket class for the reference client whose sockets the test can get at. */
export function cuttable(): { websocket: typeof WebSocket; current: () => WebSocket; cut: () => void } {
  let current: WebSocket | undefined;
  class Cuttable extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      current = this;
    }
  }
  const socket = (): WebSocket => {
    if (!current) throw new Error("there is no socket yet");
    return current;
  };
  return {
    websocket: Cuttable as typeof WebSocket,
    current: socket,
    /** As when the network goes away: no close frame. */
    cut: () => socket().terminate(),
  };
}
