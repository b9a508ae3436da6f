import { Listener } from "./listener.js";
import type { MessageContent } from "./message.js";
import type { Router } from "./router.js";
import type { Subscriber } from "./session.js";

/** The engine's `mq`: only what the engine itself listens to, its own news under $SYS. */
export class EngineEvents {
  readonly #router: Router<Subscriber>;

  constructor(router: Router<Subscriber>) {
    this.#router = router;
  }

  on(filter: string, callback: (message: MessageContent, done: () => void) => void): void {
    this.#router.subscribe(filter, new Listener((message) => callback(message, () => undefined)), 0);
  }

  close(done: () => void): void {
    done();
  }
}
