/** What host names (SNI) lead to: exact ones before `*.example`, which stands for one level. */
export class ServerNames<T> {
  readonly #byName = new Map<string, T>();

  constructor(entries: Iterable<readonly [name: string, value: T]>) {
    // The first of two that have the same name.
    for (const [name, value] of entries) {
      const lower = name.toLowerCase();
      if (!this.#byName.has(lower)) this.#byName.set(lower, value);
    }
  }

  find(name: string): T | undefined {
    const lower = name.toLowerCase().replace(/\.$/, "");
    const exact = this.#byName.get(lower);
    const dot = lower.indexOf(".");
    return exact ?? (dot > 0 ? this.#byName.get(`*${lower.slice(dot)}`) : undefined);
  }
}
