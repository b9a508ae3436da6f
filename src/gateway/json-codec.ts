import { isUtf8 } from "node:buffer";
import type { Codec, Line } from "./codec.js";
import { NotACommand } from "./command.js";

/** Commands and replies as they are, with newlines between them. */
export const jsonCodec: Codec = {
  binary: false,
  *decode(message): Generator<Line> {
    // Of text the transport has seen to it; binary messages are taken as well.
    if (typeof message !== "string" && !isUtf8(message)) throw new NotACommand("a command must be UTF-8");
    for (const text of message.toString().split("\n")) if (text.trim() !== "") yield { text };
  },
  join: (batch) => batch.join(),
};
