import type { Content } from "../content.js";
import type { Counters } from "../counters.js";
import type { Publication } from "../publication.js";
import { LARGEST_DELTA_TEXT } from "./delta-forms.js";

/** The publications of one subscription, each told as what has changed since the one before. */
export class DeltaChain {
  readonly #counters: Counters;
  /** What the client was told last. */
  #base: Content | undefined;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** The frame for whoever has been told everything that came before it in the chain. */
  next({ content, deltaForms }: Publication): Buffer {
    const base = this.#base;
    this.#rebase(content);
    if (!base) return deltaForms.full.push;
    const form = deltaForms.after(base);
    if (form !== deltaForms.full) this.#counters.deltas++;
    return form.push;
  }

  /** In full, in whatever form it is told. */
  full({ content, deltaForms }: Publication): Publication {
    this.#rebase(content);
    return deltaForms.full;
  }

  close(): void {
    this.#set(undefined);
  }

  #rebase(content: Content): void {
    this.#set(content.data.length > LARGEST_DELTA_TEXT ? undefined : content);
  }

  #set(base: Content | undefined): void {
    base?.keep();
    this.#counters.deltaBases += Number(base !== undefined) - Number(this.#base !== undefined);
    this.#counters.deltaBaseBytes += (base?.bytes ?? 0) - (this.#base?.bytes ?? 0);
    this.#base = base;
  }
}
