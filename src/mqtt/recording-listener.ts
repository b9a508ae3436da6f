import { Listener } from "./listener.js";
import type { Message, MessageContent } from "./message.js";

/** What a listener keeps of its messages. */
export interface Recorder {
  /**
   * Called when a message is taken in. What it asks the store for is written with the message, and only then does the
   * listener get it. False: there is nothing to record, and the listener gets it at once.
   */
  record(message: MessageContent): boolean;
  /** The message was not recorded, since the store cannot write; the listener does not get it. */
  lost(message: MessageContent): void;
}

/** A listener inside the process whose messages are recorded before it gets them. What it or its recorder throws stays with it. */
export class RecordingListener extends Listener {
  readonly #recorder: Recorder;
  readonly #onError: (error: unknown) => void;
  #ended = false;

  constructor(
    callback: (message: MessageContent) => void,
    recorder: Recorder,
    onError: (error: unknown) => void = () => undefined,
  ) {
    super(callback, onError);
    this.#recorder = recorder;
    this.#onError = onError;
  }

  /** Nothing more reaches it. */
  end(): void {
    this.#ended = true;
  }

  override deliver(message: Message): void {
    if (!this.#ended) super.deliver(message);
  }

  /** Whether the listener is to wait for the group that is gathered now. */
  record(message: Message): boolean {
    try {
      if (this.#recorder.record(message)) return true;
      this.deliver(message);
    } catch (error) {
      this.#onError(error);
      this.lose(message);
    }
    return false;
  }

  lose(message: Message): void {
    if (this.#ended) return;
    try {
      this.#recorder.lost(message);
    } catch (error) {
      this.#onError(error);
    }
  }
}
