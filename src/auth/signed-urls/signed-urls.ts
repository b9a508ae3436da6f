import { createHash, timingSafeEqual } from "node:crypto";
import { Denied } from "../../access/denied.js";
import type { Attempt } from "../../access/gate.js";
import type { Principal } from "../../access/principal.js";
import type { ChannelAction } from "../../access/rights.js";
import { noScopes } from "../../access/scope.js";
import type { CredentialKind, Method } from "../method.js";
import { signatureOf } from "./canonical.js";
import { type SignedQuery, signedQuery } from "./signed-query.js";
import { UsedUrls } from "./used-urls.js";
import { UsedUrlsFile } from "./used-urls-file.js";

/** 128 bits of a digest. */
const ID_CHARACTERS = 22;

export interface SignedUrlOptions {
  readonly secret: string;
  /** In ms. */
  readonly maxAge: number;
  readonly maxUsed: number;
}

export interface SignedUrlCounters {
  admitted: number;
  /** Of single use, brought again. */
  replayed: number;
  /** Of single use, while no more could be remembered. */
  full: number;
}

/** URLs that let somebody into one channel of `/v3` because they are signed with a secret. */
export class SignedUrls implements Method {
  readonly name = "signed URLs";
  readonly counters: SignedUrlCounters = { admitted: 0, replayed: 0, full: 0 };
  readonly #options: SignedUrlOptions;
  readonly #used: UsedUrls;
  readonly #file: UsedUrlsFile;

  private constructor(options: SignedUrlOptions, file: string) {
    this.#options = options;
    this.#used = new UsedUrls(options.maxUsed);
    this.#file = new UsedUrlsFile(file, this.#used);
  }

  /** `file` is where those for single use are written down when they are used. Rejects when it cannot be read. */
  static async open(options: SignedUrlOptions, file: string): Promise<SignedUrls> {
    const urls = new SignedUrls(options, file);
    const now = Date.now();
    for await (const [id, end] of urls.#file.read()) if (end > now) urls.#used.add(id, end);
    return urls;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** URLs for single use that are remembered. */
  get remembered(): number {
    return this.#used.size;
  }

  judges(): readonly CredentialKind[] {
    return [];
  }

  async admit({ door, signedUrl }: Attempt): Promise<Principal | undefined> {
    if (door !== "v3" || !signedUrl) return undefined;
    const query = signedQuery(signedUrl.channel, signedUrl.query);
    if (!query) return undefined;
    const signature = signatureOf(this.#options.secret, query);
    if (!timingSafeEqual(signature, query.signature))
      throw new Denied(
        "credentials",
        "signed URL: the signature is not of signedUrls.secret, or the URL was changed",
      );
    const expiresAt = this.#endOf(query);
    if (query.once !== "") await this.#use(idOf(signature), expiresAt);
    this.counters.admitted++;
    return principalOf(query, expiresAt);
  }

  /** The secret is not changed while the server runs. */
  stands(): boolean {
    return true;
  }

  #endOf({ expires }: SignedQuery): number {
    const end = Number(expires) * 1_000;
    const now = Date.now();
    if (end <= now) throw new Denied("expired", "signed URL: it has ended");
    if (end > now + this.#options.maxAge)
      throw new Denied("credentials", "signed URL: it ends later than signedUrls.maxAge allows");
    return end;
  }

  async #use(id: string, end: number): Promise<void> {
    if (this.#used.has(id)) {
      this.counters.replayed++;
      throw new Denied("credentials", "signed URL: it is for single use and has been used");
    }
    if (!this.#used.hasRoom(Date.now())) {
      this.counters.full++;
      throw new Denied(
        "unavailable",
        "signed URL: signedUrls.maxUsed are remembered as used; no further one is let in",
      );
    }
    // Before anything is waited for, so that it cannot be used twice at a time.
    this.#used.add(id, end);
    try {
      await this.#file.add([id, end]);
    } catch (error) {
      this.#used.delete(id);
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Denied("unavailable", `signed URL: its use cannot be written down: ${code ?? message}`);
    }
  }
}

/** A signature that is found in a file says nothing. */
function idOf(signature: Buffer): string {
  return createHash("sha256").update(signature).digest("base64url").slice(0, ID_CHARACTERS);
}

const READING: readonly ChannelAction[] = ["subscribe", "history", "presence"];

function principalOf({ channel, user, publish }: SignedQuery, expiresAt: number): Principal {
  const actions = new Set<ChannelAction>(publish === "1" ? [...READING, "publish"] : READING);
  return {
    user,
    proof: "signed-url",
    expiresAt,
    channels: [],
    scopes: noScopes,
    stated: { publish: [], subscribe: [], channels: new Map([[channel, actions]]) },
    unrestricted: false,
  };
}
