const INTERVAL = 100;

/**
 * Turns any number of changes into at most ten paints a second, each before a frame. A hidden page gets no frames,
 * so it paints nothing until it is looked at again.
 */
export class Painter {
  readonly #listeners = new Set<() => void>();
  #pending = false;
  #painted = 0;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  request(): void {
    if (this.#pending) return;
    this.#pending = true;
    const wait = Math.max(0, this.#painted + INTERVAL - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#paint()), wait);
  }

  #paint(): void {
    this.#pending = false;
    this.#painted = performance.now();
    for (const listener of this.#listeners) listener();
  }
}
