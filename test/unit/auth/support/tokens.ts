import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type JWTPayload, SignJWT } from "jose";
import { pino } from "pino";
import { noAudit } from "../../../../src/access/audit.js";
import { type DenialKind, Denied } from "../../../../src/access/denied.js";
import type { Attempt, Door } from "../../../../src/access/gate.js";
import type { Principal } from "../../../../src/access/principal.js";
import { Tokens } from "../../../../src/auth/tokens/tokens.js";
import { loadConfig } from "../../../../src/config/load.js";
import type { ConfigInput } from "../../../../src/config/schema.js";
import { WatchedFiles } from "../../../../src/files/watched-files.js";

export const SECRET = "a secret that is long enough: 32+";
export const HOUR = 3_600;
export const now = () => Math.floor(Date.now() / 1_000);
export const soon = () => now() + HOUR;
export const peer = { address: "192.0.2.7", port: 4711, secure: false };

/** Everything that was written to a log. */
export class Lines {
  readonly all: Record<string, unknown>[] = [];
  readonly log = pino({ level: "debug", base: null }, { write: (line) => this.all.push(JSON.parse(line)) });

  messages(): unknown[] {
    return this.all.map(({ msg }) => msg);
  }
}

export interface OpenTokens {
  readonly tokens: Tokens;
  readonly files: WatchedFiles;
  readonly lines: Lines;
  /** How often it was said that a key is gone. */
  changes(): number;
}

/** Of a server with these keys under `tokens`. */
export async function open(t: TestContext, section: ConfigInput["tokens"]): Promise<OpenTokens> {
  const lines = new Lines();
  const files = new WatchedFiles(lines.log, noAudit);
  let changes = 0;
  const options = loadConfig({ env: {}, flags: { tokens: section } }).config.tokens;
  const parts = { files, log: lines.log, changed: () => void changes++ };
  const tokens = await Tokens.open(options, parts);
  t.after(() => {
    tokens.close();
    files.close();
  });
  return { tokens, files, lines, changes: () => changes };
}

/** A directory of its own, and a way to write files into it. */
export function place(t: TestContext): {
  path(name: string): string;
  write(name: string, text: string): string;
} {
  const directory = mkdtempSync(join(tmpdir(), "causeway-auth-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = (name: string) => join(directory, name);
  return {
    path,
    write(name, text) {
      writeFileSync(path(name), text);
      return path(name);
    },
  };
}

export function at(door: Door, rest: Partial<Attempt> = {}): Attempt {
  return { door, peer, ...rest };
}

/** Lets a client of channels in. */
export async function connect(tokens: Tokens, token: string): Promise<Principal> {
  const principal = await tokens.admit(at("channel", { token }));
  assert.ok(principal, "it is not taken for a token");
  return principal;
}

export function sign(
  claims: JWTPayload,
  { alg = "HS256", secret = SECRET, header = {} } = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(new TextEncoder().encode(secret));
}

/** As sign, with nothing checked on the way. */
export function forge(header: object, claims: unknown, secret: string | Buffer = SECRET): string {
  return forgeText(JSON.stringify(header), JSON.stringify(claims), secret);
}

export function forgeText(header: string, claims: string, secret: string | Buffer = SECRET): string {
  const text = [header, claims].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** It is refused, for the reason; and what would be logged holds no part of it. */
export async function refused(
  verdict: Promise<unknown>,
  token: string,
  kind: DenialKind,
  text: RegExp,
): Promise<void> {
  await assert.rejects(verdict, (error) => {
    assert.ok(error instanceof Denied, String(error));
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, text);
    for (const part of token.split(".")) if (part.length > 8) assert.ok(!error.stack?.includes(part));
    assert.equal(error.cause, undefined, "what would be logged with it may hold claims");
    return true;
  });
}
