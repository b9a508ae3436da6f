import { type JsonToken, jsonTokens } from "../model/json-tokens.js";

/** Longer texts stay plain: each token is an element. */
const MAX_COLOURED = 4_000;

/** JSON with its keys, strings and other values told apart by colour. */
export function JsonText({ text }: { readonly text: string }) {
  if (text.length > MAX_COLOURED) return <>{text}</>;
  return <>{jsonTokens(text).map(tokenElement)}</>;
}

function tokenElement({ kind, text }: JsonToken, index: number) {
  return kind === "plain" ? (
    text
  ) : (
    <span key={index} class={`json-${kind}`}>
      {text}
    </span>
  );
}
