import type { Content } from "../content.js";
import { fossilDelta } from "./fossil.js";

/** Characters of a value that deltas are made of, or against; a longer one would cost too much. */
export const LARGEST_DELTA_TEXT = 32 * 1024;
/** Earlier values against which one publication is told. Subscribers who all get everything have the same. */
const MOST_BASES = 16;

/**
 * One publication for subscribers who are told deltas: `data` is a string then, which holds the JSON text of the value or what makes
 * it of an earlier one. Each form is made once for all of them.
 */
export class DeltaForms<Form> {
  readonly #content: Content;
  readonly #make: (content: Content, isDelta: boolean) => Form;
  readonly #after: { readonly base: Content; readonly form: Form }[] = [];
  #full: Form | undefined;
  #json: string | undefined;

  constructor(content: Content, make: (content: Content, isDelta: boolean) => Form) {
    this.#content = content;
    this.#make = make;
  }

  get full(): Form {
    this.#full ??= this.#make(withData(this.#content, this.#text), false);
    return this.#full;
  }

  /** For those who have `base`: the full form, when the delta would be no shorter. */
  after(base: Content): Form {
    const known = this.#after.find((after) => after.base === base);
    if (known) return known.form;
    if (this.#after.length >= MOST_BASES) return this.full;
    const delta = this.#deltaTo(base);
    const form = delta === undefined ? this.full : this.#make(withData(this.#content, delta), true);
    this.#after.push({ base, form });
    return form;
  }

  /** The delta as a JSON string; undefined when the value itself is better. */
  #deltaTo({ data: base }: Content): string | undefined {
    const { data } = this.#content;
    if (base.length > LARGEST_DELTA_TEXT || data.length > LARGEST_DELTA_TEXT) return undefined;
    const delta = JSON.stringify(fossilDelta(Buffer.from(base), Buffer.from(data)));
    return delta.length < this.#text.length ? delta : undefined;
  }

  /** The value as a JSON string. */
  get #text(): string {
    this.#json ??= JSON.stringify(this.#content.data);
    return this.#json;
  }
}

function withData({ topic, encoding, time, origin, envelope, bytes }: Content, data: string): Content {
  return { topic, data, encoding, time, origin, envelope, bytes, keep: () => {} };
}
