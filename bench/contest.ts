import { measure } from "./measurement.js";
import type { Options } from "./options.js";
import { causeway } from "./peers/causeway.js";
import { peers as allPeers } from "./peers/index.js";
import type { Peer } from "./peers/peer.js";
import type { Children } from "./process/children.js";
import { compare } from "./report/comparison.js";
import type { Failure, ScenarioResult, SkippedPeer } from "./report/document.js";
import { figureStyles, medianOf, type Round } from "./report/figures.js";
import type { Scenario } from "./scenarios/scenario.js";

export interface ContestParts {
  readonly options: Options;
  readonly warmup: number;
  readonly children: Children;
  readonly progress: (line: string) => void;
}

/** One scenario: Causeway and its peers, in turns. */
export class Contest {
  readonly #scenario: Scenario;
  readonly #parts: ContestParts;
  readonly #rounds = new Map<Peer, Round[]>();
  readonly #skipped: SkippedPeer[] = [];
  readonly #failures: Failure[] = [];

  constructor(scenario: Scenario, parts: ContestParts) {
    this.#scenario = { ...scenario, window: parts.options.window ?? scenario.window };
    this.#parts = parts;
  }

  async run(): Promise<ScenarioResult> {
    const contestants = this.#contestants();
    for (const peer of contestants) this.#rounds.set(peer, []);
    for (let round = 1; round <= this.#parts.options.rounds; round++) {
      // Whoever comes first does not always do so.
      const order = round % 2 === 1 ? contestants : [...contestants].reverse();
      for (const peer of order) if (!this.#parts.children.closed) await this.#round(peer, round);
    }
    return this.#result();
  }

  #contestants(): Peer[] {
    const wanted = this.#parts.options.peers ?? this.#scenario.peers;
    const rivals = allPeers.filter(({ name }) => wanted.includes(name));
    return [causeway, ...rivals].filter((peer) => {
      const reason = this.#reasonAgainst(peer);
      if (reason === undefined) return true;
      this.#parts.progress(`${this.#scenario.name}: ${peer.name} is not run: ${reason}`);
      this.#skipped.push({ name: peer.name, reason });
      return false;
    });
  }

  #reasonAgainst(peer: Peer): string | undefined {
    if (!peer.entries.includes(this.#scenario.entry)) return `it does not offer ${this.#scenario.title}`;
    const command = peer.install();
    return command && `it is not installed; get it with: ${command}`;
  }

  async #round(peer: Peer, number: number): Promise<void> {
    const { options, warmup, children, progress } = this.#parts;
    const { name } = this.#scenario;
    const what = `${name}, round ${number} of ${options.rounds}, ${peer.name}`;
    const profile =
      options.profile !== undefined && peer === causeway
        ? { directory: options.profile, name: `${name}-${number}` }
        : undefined;
    try {
      const round = await measure(this.#scenario, peer, {
        children,
        warmup,
        seconds: options.seconds,
        profile,
      });
      this.#rounds.get(peer)?.push(round);
      const { deliveriesPerSecond, cpuPerDelivery } = figureStyles;
      progress(
        `${what}: ${deliveriesPerSecond.show(round.deliveriesPerSecond)} deliveries/s, ${cpuPerDelivery.show(round.cpuPerDelivery)} us of CPU each`,
      );
    } catch (error) {
      if (children.closed) return;
      const reason = (error as Error).message;
      this.#failures.push({ server: peer.name, round: number, reason });
      progress(`${what}: failed: ${reason}`);
    }
  }

  #result(): ScenarioResult {
    const { name, title, subscriberCount, payloadBytes, window } = this.#scenario;
    const own = medianOf(this.#rounds.get(causeway) ?? []);
    const servers = [...this.#rounds].map(([peer, rounds]) => {
      const median = medianOf(rounds);
      const ratios = peer !== causeway && own && median ? compare(own, median) : undefined;
      return {
        name: peer.name,
        version: peer.version(),
        description: peer.description,
        rounds,
        median,
        ratios,
      };
    });
    return {
      name,
      title,
      subscribers: subscriberCount,
      payloadBytes,
      window,
      servers,
      skipped: this.#skipped,
      failures: this.#failures,
    };
  }
}
