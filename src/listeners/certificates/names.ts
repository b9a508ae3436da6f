import { createHash } from "node:crypto";
import { type DerElement, derElements, derText, objectIdentifier, Tag } from "./der.js";

const COMMON_NAME = "2.5.4.3";

/** What a name of X.509 consists of: kinds and texts, in order. */
function attributesOf(name: DerElement): { kind: string; element: DerElement }[] {
  return derElements(name.value)
    .flatMap((set) => derElements(set.value))
    .flatMap((pair) => {
      const [kind, element] = derElements(pair.value);
      return kind?.tag === Tag.objectIdentifier && element
        ? [{ kind: objectIdentifier(kind.value), element }]
        : [];
    });
}

/** The one common name; empty when there is none, or several, of which one could be meant for somebody else to see. */
export function commonNameOf(name: DerElement): string {
  const names = attributesOf(name).filter(({ kind }) => kind === COMMON_NAME);
  const [only] = names;
  return names.length === 1 && only ? (derText(only.element) ?? "") : "";
}

/**
 * The same for the same name, also when it is encoded otherwise: a revocation list may write its authority's name with
 * another kind of text than the certificates do (RFC 5280, section 7.1).
 */
export function digestOf(name: DerElement): string {
  const hash = createHash("sha256");
  for (const { kind, element } of attributesOf(name)) {
    const text = derText(element)?.trim().replace(/\s+/g, " ").toLowerCase();
    hash.update(JSON.stringify([kind, text ?? element.value.toString("hex")]));
  }
  return hash.digest("hex").slice(0, 32);
}
