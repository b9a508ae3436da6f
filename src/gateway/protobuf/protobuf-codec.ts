import type { Batch } from "../../outbox/batch.js";
import type { Codec, Line } from "../codec.js";
import { NotACommand } from "../command.js";
import { commandLine } from "./command-decoder.js";
import { encodeReply } from "./reply-encoder.js";
import { WireReader } from "./wire-reader.js";

/** Commands in one message. Not many more of JSON have room in one. */
const MOST_COMMANDS = 10_000;

/** Translates between the JSON that sessions speak and Protobuf. What many clients get is translated once. */
export class ProtobufCodec implements Codec {
  readonly binary = true;
  readonly #replies = new WeakMap<Buffer, Buffer>();
  readonly #messages = new WeakMap<Batch, Buffer>();

  *decode(message: Buffer | string): Generator<Line> {
    const reader = new WireReader(typeof message === "string" ? Buffer.from(message) : message);
    for (let count = 1; !reader.done; count++) {
      if (count > MOST_COMMANDS) throw new NotACommand(`more than ${MOST_COMMANDS} commands in a message`);
      const command = reader.bytes();
      // An empty command is a pong, and the session has noticed it by now.
      if (command.length > 0) yield commandLine(command);
    }
  }

  join(batch: Batch): Buffer {
    return memoized(this.#messages, batch, () =>
      Buffer.concat(batch.frames().map((frame) => this.#encode(frame))),
    );
  }

  #encode(frame: Buffer): Buffer {
    return memoized(this.#replies, frame, encodeReply);
  }
}

function memoized<K extends object>(known: WeakMap<K, Buffer>, key: K, make: (key: K) => Buffer): Buffer {
  const before = known.get(key);
  if (before) return before;
  const made = make(key);
  known.set(key, made);
  return made;
}
