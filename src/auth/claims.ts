import type { JWTPayload } from "jose";
import { MAX_CHANNEL_NAME } from "../gateway/channel-name.js";
import { InvalidToken } from "../gateway/tokens.js";

const MAX_USER = 255;
const MAX_CHANNELS = 128;
/** Of `info` and `meta`, each, as JSON: they are kept for every session, and `info` is shown to others. */
const MAX_JSON_BYTES = 4 * 1024;
/** In the year 5138. A larger time has been written in milliseconds, and would hold for ever. */
const LATEST_SECONDS = 100_000_000_000;

/** What a token that is rightly signed says. */
export class Claims {
  readonly #payload: JWTPayload;

  constructor(payload: JWTPayload) {
    this.#payload = payload;
  }

  has(name: string): boolean {
    return this.#payload[name] !== undefined;
  }

  /** Without `sub` nobody in particular. */
  get user(): string {
    const user: unknown = this.#payload.sub ?? "";
    if (typeof user !== "string") throw new InvalidToken('"sub" is not a text; write numbers in quotes');
    if (user.length > MAX_USER) throw new InvalidToken(`"sub" is longer than ${MAX_USER} characters`);
    return user;
  }

  /** In ms since 1970, with what clocks may be apart. */
  expiresAt(clockTolerance: number): number | undefined {
    const { exp } = this.#payload;
    if (exp === undefined) return undefined;
    if (exp > LATEST_SECONDS) throw new InvalidToken('"exp" is in seconds since 1970, not in milliseconds');
    return Math.floor(exp * 1_000) + clockTolerance;
  }

  get channel(): string {
    const { channel } = this.#payload;
    if (channel === undefined) throw new InvalidToken('it has no "channel", as a subscription token must');
    if (!isChannel(channel)) throw new InvalidToken('"channel" is not the name of a channel');
    return channel;
  }

  get channels(): readonly string[] {
    const channels = this.#payload.channels ?? [];
    if (!Array.isArray(channels) || !channels.every(isChannel))
      throw new InvalidToken('"channels" is not a list of names of channels');
    if (channels.length > MAX_CHANNELS)
      throw new InvalidToken(`"channels" holds more than ${MAX_CHANNELS} channels`);
    return [...new Set(channels)];
  }

  json(name: "info" | "meta"): unknown {
    const value = this.#payload[name];
    if (value !== undefined && Buffer.byteLength(JSON.stringify(value)) > MAX_JSON_BYTES)
      throw new InvalidToken(`"${name}" is larger than ${MAX_JSON_BYTES} bytes`);
    return value;
  }
}

function isChannel(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_CHANNEL_NAME;
}
