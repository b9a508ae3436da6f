import type { Figures } from "./figures.js";
import { processMemory } from "./memory.js";

const LOOK_MS = 100;

/** How much the resident memory of a process grows while it is watched. */
export class RssWatch {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  readonly first: number;
  #most: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.first = processMemory(pid).rss;
    this.#most = this.first;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The most that was seen. */
  get most(): number {
    return this.#most;
  }

  get growth(): number {
    return this.#most - this.first;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  figures(): Figures {
    return { rssBefore: this.first, rssMost: this.most, rssGrowth: this.growth };
  }

  #look(): void {
    this.#most = Math.max(this.#most, processMemory(this.#pid).rss);
  }
}
