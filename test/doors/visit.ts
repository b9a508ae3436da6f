/** Somebody who was let in. */
export interface Visit {
  /** What the door says of a publication; MQTT 3.1.1 cannot say no. */
  publish(topic: string, payload: string): Promise<"taken" | "refused" | "not told">;
  /** Whether the door grants it. */
  subscribe(filter: string): Promise<boolean>;
  /** Topics of what was received, in order. */
  readonly heard: readonly string[];
  /** Resolves when this topic was heard. */
  hears(topic: string): Promise<void>;
  leave(): Promise<void>;
}

/** Collects topics and lets somebody wait for one. */
export class Heard {
  readonly topics: string[] = [];
  readonly #watchers = new Set<() => void>();

  add(topic: string): void {
    this.topics.push(topic);
    for (const watcher of this.#watchers) watcher();
  }

  async until(topic: string): Promise<void> {
    if (this.topics.includes(topic)) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${topic} was not heard, but ${this.topics.join(", ") || "nothing"}`)),
        10_000,
      );
      const look = () => {
        if (!this.topics.includes(topic)) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }
}
