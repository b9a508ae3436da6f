import type { JWTPayload } from "jose";
import { Denied } from "../../access/denied.js";
import type { StatedRights } from "../../access/rights.js";
import { noScopes, type Scope, type Scopes, scopes } from "../../access/scope.js";
import { MAX_CHANNEL_NAME } from "../../gateway/channel-name.js";
import { statedRights } from "./stated-rights.js";

const MAX_USER = 255;
const MAX_CLIENT_ID = 1024;
const MAX_CHANNELS = 128;
const MAX_SCOPES = 100;
/** Of `info` and `meta`, each, as JSON: they are kept for every session, and `info` is shown to others. */
const MAX_JSON_BYTES = 4 * 1024;
/** In the year 5138. A larger time has been written in milliseconds, and would hold for ever. */
const LATEST_SECONDS = 100_000_000_000;

/** What a token that is rightly signed says. What is read of it throws `Denied` when it is not what it has to be. */
export class Claims {
  readonly #payload: JWTPayload;

  constructor(payload: JWTPayload) {
    this.#payload = payload;
  }

  has(name: string): boolean {
    return this.#claim(name) !== undefined;
  }

  /** Without `sub` nobody in particular. Another claim is there because somebody asked for it. */
  user(claim: string): string {
    const user = this.#claim(claim) ?? (claim === "sub" ? "" : undefined);
    if (user === undefined) throw refused(`it has no "${claim}", which tokens.userClaim asks for`);
    if (typeof user !== "string") throw refused(`"${claim}" is not a text; write numbers in quotes`);
    if (user.length > MAX_USER) throw refused(`"${claim}" is longer than ${MAX_USER} characters`);
    return user;
  }

  clientId(claim: string): string | undefined {
    const id = this.#claim(claim);
    if (id === undefined || (typeof id === "string" && id !== "" && id.length <= MAX_CLIENT_ID)) return id;
    throw refused(`"${claim}" is not a client identifier of 1 to ${MAX_CLIENT_ID} characters`);
  }

  /** In ms since 1970, with what clocks may be apart. */
  expiresAt(clockTolerance: number): number | undefined {
    const { exp } = this.#payload;
    if (exp === undefined) return undefined;
    if (exp > LATEST_SECONDS) throw refused('"exp" is in seconds since 1970, not in milliseconds');
    return Math.floor(exp * 1_000) + clockTolerance;
  }

  get channel(): string {
    const channel = this.#claim("channel");
    if (channel === undefined) throw refused('it has no "channel", as a subscription token must');
    if (!isChannel(channel)) throw refused('"channel" is not the name of a channel');
    return channel;
  }

  get channels(): readonly string[] {
    const channels = this.#claim("channels") ?? [];
    if (!Array.isArray(channels) || !channels.every(isChannel))
      throw refused('"channels" is not a list of names of channels');
    if (channels.length > MAX_CHANNELS) throw refused(`"channels" holds more than ${MAX_CHANNELS} channels`);
    return [...new Set(channels)];
  }

  /** `scopes`, or `scope` with spaces between them (RFC 8693). Those of other services are of no meaning here. */
  get scopes(): Scopes {
    const list = this.#claim("scopes");
    const text = this.#claim("scope");
    if (list === undefined && text === undefined) return noScopes;
    if (text !== undefined && typeof text !== "string") throw refused('"scope" is not a text');
    if (list !== undefined && !(Array.isArray(list) && list.length <= MAX_SCOPES))
      throw refused(`"scopes" is not a list of at most ${MAX_SCOPES} scopes`);
    const given: readonly unknown[] = [...(list ?? []), ...(text?.split(" ") ?? [])];
    return new Set(given.filter(isScope));
  }

  get rights(): StatedRights | undefined {
    const rights = this.#claim("rights");
    return rights === undefined ? undefined : statedRights(rights);
  }

  json(name: "info" | "meta"): unknown {
    const value = this.#claim(name);
    if (value !== undefined && Buffer.byteLength(JSON.stringify(value)) > MAX_JSON_BYTES)
      throw refused(`"${name}" is larger than ${MAX_JSON_BYTES} bytes`);
    return value;
  }

  /** The claim itself, and nothing that every object has. */
  #claim(name: string): unknown {
    return Object.hasOwn(this.#payload, name) ? this.#payload[name] : undefined;
  }
}

function isChannel(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_CHANNEL_NAME;
}

function isScope(value: unknown): value is Scope {
  return scopes.some((scope) => scope === value);
}

function refused(reason: string): Denied {
  return new Denied("credentials", reason);
}
