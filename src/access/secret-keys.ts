import { createHash, timingSafeEqual } from "node:crypto";

/** Keys that let somebody in. Digests of them are compared, and all of them: how long it takes tells nothing of any key. */
export class SecretKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  get size(): number {
    return this.#digests.length;
  }

  /** The place of the key among the others; -1 when it is none of them. */
  indexOf(key: string): number {
    const given = digest(key);
    let found = -1;
    for (const [place, known] of this.#digests.entries()) if (timingSafeEqual(known, given)) found = place;
    return found;
  }
}

/** Digests are equally long, whatever the keys are. */
function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
