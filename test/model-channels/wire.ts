/** A client's connection, which the run can slow down and cut. */
export interface Wire {
  onOpen: () => void;
  onMessage: (text: string) => void;
  /** Called once, when nothing more comes. */
  onClose: (code: number, reason: string) => void;
  readonly isOpen: boolean;
  send(text: string): void;
  /** The network goes away, and what was on its way with it. */
  cut(): void;
  pause(): void;
  /** Takes one message, and no more. */
  takeOne(): void;
  resume(): void;
}

/** The code of a connection that ended without one. */
export const CUT = 1006;

/** How the wires of a client are treated; a new one begins as the last one was left. */
export class Reading {
  readonly #open: () => Wire;
  #wire: Wire | undefined;
  #reads = true;

  constructor(open: () => Wire) {
    this.#open = open;
  }

  open(): Wire {
    const wire = this.#open();
    if (!this.#reads) wire.pause();
    this.#wire = wire;
    return wire;
  }

  stop(): void {
    this.#reads = false;
    this.#wire?.pause();
  }

  one(): void {
    this.#reads = false;
    this.#wire?.takeOne();
  }

  all(): void {
    this.#reads = true;
    this.#wire?.resume();
  }

  cut(): void {
    this.#wire?.cut();
  }
}
