import type { Wire } from "./wire.js";

const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];

/** As much of a WebSocket class as the `centrifuge` package needs, over wires that the run can get at. */
export function webSocketOver(open: () => Wire): unknown {
  return class {
    onopen = (_event: object): void => {};
    onmessage = (_event: { data: string }): void => {};
    onclose = (_event: { code: number; reason: string }): void => {};
    onerror = (_event: object): void => {};
    readyState = CONNECTING;
    readonly #wire = open();

    constructor() {
      this.#wire.onOpen = () => {
        this.readyState = OPEN;
        this.onopen({});
      };
      this.#wire.onMessage = (data) => this.onmessage({ data });
      this.#wire.onClose = (code, reason) => {
        this.readyState = CLOSED;
        this.onclose({ code, reason });
      };
    }

    send(data: string): void {
      this.#wire.send(data);
    }

    close(): void {
      this.#wire.cut();
    }
  };
}
