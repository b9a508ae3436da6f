import { once } from "node:events";
import { WebSocket } from "ws";
import type { Brought } from "./credentials.js";
import type { Door } from "./door.js";
import type { Place } from "./place.js";
import { Heard, type Visit } from "./visit.js";

/** `/v3/{channel}`: every channel is a socket of its own, so that one is let in who may open one. */
export const plainDoor: Door = {
  name: "/v3",
  forms: ["nothing", "token", "key"],
  async enter(place, brought) {
    const visit = new PlainVisit(place, brought);
    return (await visit.open("open/#")) ? visit : undefined;
  },
};

class PlainVisit implements Visit {
  readonly #place: Place;
  readonly #brought: Brought;
  readonly #heard = new Heard();
  readonly #sockets = new Set<WebSocket>();

  constructor(place: Place, brought: Brought) {
    this.#place = place;
    this.#brought = brought;
  }

  get heard(): readonly string[] {
    return this.#heard.topics;
  }

  hears(topic: string): Promise<void> {
    return this.#heard.until(topic);
  }

  async open(filter: string): Promise<WebSocket | undefined> {
    const { token, key } = this.#brought;
    const query = new URLSearchParams({
      ...(token === undefined ? {} : { jwt: token }),
      ...(key === undefined ? {} : { api_key: key }),
    });
    const channel = encodeURIComponent(`mqtt:${filter}`);
    const socket = new WebSocket(`${this.#place.server.wsUrl}/v3/${channel}?${query}`);
    socket.on("error", () => undefined);
    const opened = await Promise.race([
      once(socket, "open").then(() => true),
      once(socket, "unexpected-response").then(() => false),
    ]);
    if (!opened) {
      socket.terminate();
      return undefined;
    }
    this.#sockets.add(socket);
    return socket;
  }

  async publish(topic: string, payload: string): Promise<"taken" | "refused" | "not told"> {
    const socket = await this.open(topic);
    if (!socket) return "refused";
    socket.send(JSON.stringify({ event: "message", data: payload }));
    return "not told";
  }

  async subscribe(filter: string): Promise<boolean> {
    const socket = await this.open(filter);
    socket?.on("message", (frame) => {
      const { meta } = JSON.parse(String(frame));
      if (meta?.topic !== undefined) this.#heard.add(meta.topic);
    });
    return socket !== undefined;
  }

  async leave(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
  }
}
