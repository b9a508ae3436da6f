import type { Algorithm } from "./algorithm.js";
import type { VerificationKey } from "./verification-key.js";

/** Keys by the place that they are from. */
export class KeyRing {
  readonly #places = new Map<string, readonly VerificationKey[]>();
  #ids: ReadonlySet<string> = new Set();

  /** Instead of those that were there of this place. Whether one of these is gone. */
  set(place: string, keys: readonly VerificationKey[]): boolean {
    const before = this.#ids;
    this.#places.set(place, keys);
    this.#ids = new Set([...this.#places.values()].flat().map(({ id }) => id));
    return [...before].some((id) => !this.#ids.has(id));
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  get size(): number {
    return this.#ids.size;
  }

  get algorithms(): readonly Algorithm[] {
    return [...new Set(this.#all().flatMap(({ algorithms }) => algorithms))];
  }

  candidates(algorithm: Algorithm, kid: string | undefined): readonly VerificationKey[] {
    return candidates(this.#all(), algorithm, kid);
  }

  #all(): readonly VerificationKey[] {
    return [...this.#places.values()].flat();
  }
}

/** The keys that a token may be signed with: the one that it names, else those without a name. */
export function candidates(
  keys: readonly VerificationKey[],
  algorithm: Algorithm,
  kid: string | undefined,
): readonly VerificationKey[] {
  const able = keys.filter(({ algorithms }) => algorithms.includes(algorithm));
  if (kid === undefined) return able;
  const named = able.filter((key) => key.kid === kid);
  return named.length > 0 ? named : able.filter((key) => key.kid === undefined);
}
