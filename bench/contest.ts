import type { Outcome } from "./load/plan.js";
import { medianOf } from "./measure/median.js";
import { measure } from "./measurement.js";
import type { Options } from "./options.js";
import { causeway } from "./peers/causeway.js";
import { peers as allPeers } from "./peers/index.js";
import type { Peer } from "./peers/peer.js";
import { lackOfBrowser } from "./process/browsers.js";
import type { Children } from "./process/children.js";
import { lackOfFiles } from "./process/limits.js";
import { compare } from "./report/comparison.js";
import type { Failure, Round, ScenarioResult, Skipped } from "./report/document.js";
import { figureStyles } from "./report/figures.js";
import { judgeGoals } from "./report/goals.js";
import type { Scenario, Terms } from "./scenarios/scenario.js";

export interface ContestParts {
  readonly options: Options;
  readonly children: Children;
  readonly progress: (line: string) => void;
}

/** Long enough for the compilers of all servers to have seen the work. */
export const WARMUP_SECONDS = 2;
/** What most scenarios are run with. */
const ROUNDS = 3;
const SECONDS = 4;
/** A process with this much of a core has no more to give. */
const WHOLE_CORE = 0.9;
/** Figures that the line about a round names. */
const NAMED = 3;

/** One scenario: Causeway and its peers, in turns. */
export class Contest {
  readonly #scenario: Scenario;
  readonly #parts: ContestParts;
  readonly #roundCount: number;
  readonly #terms: Terms;
  readonly #rounds = new Map<Peer, Round[]>();
  readonly #skipped: Skipped[] = [];
  readonly #failures: Failure[] = [];

  constructor(scenario: Scenario, parts: ContestParts) {
    const { options } = parts;
    this.#scenario = scenario;
    this.#parts = parts;
    this.#roundCount = options.rounds ?? scenario.rounds ?? ROUNDS;
    // What takes no time by the clock does not by a longer one.
    const seconds = scenario.seconds === 0 ? 0 : (options.seconds ?? scenario.seconds ?? SECONDS);
    const window = options.window ?? scenario.window ?? 0;
    this.#terms = { seconds, warmup: Math.min(WARMUP_SECONDS, seconds), window };
  }

  async run(): Promise<ScenarioResult> {
    const contestants = this.#contestants();
    for (const peer of contestants) this.#rounds.set(peer, []);
    for (let round = 1; round <= this.#roundCount; round++) {
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
    const { demand } = this.#scenario;
    const lack = peer.lacks(demand) ?? lackOfFiles(demand.connections);
    if (lack !== undefined) return lack;
    const lackOfPage = demand.page && lackOfBrowser();
    if (lackOfPage !== undefined) return lackOfPage;
    const command = peer.install();
    return command && `it is not installed; get it with: ${command}`;
  }

  async #round(peer: Peer, number: number): Promise<void> {
    const { options, children, progress } = this.#parts;
    const { name } = this.#scenario;
    const what = `${name}, round ${number} of ${this.#roundCount}, ${peer.name}`;
    const profile =
      options.profile !== undefined && peer === causeway
        ? { directory: options.profile, name: `${name}-${number}` }
        : undefined;
    try {
      const round = roundOf(await measure(this.#scenario, peer, { children, terms: this.#terms, profile }));
      this.#rounds.get(peer)?.push(round);
      progress(`${what}: ${this.#told(round)}`);
    } catch (error) {
      if (children.closed) return;
      const reason = (error as Error).message;
      this.#failures.push({ server: peer.name, round: number, reason });
      progress(`${what}: failed: ${reason}`);
    }
  }

  /** The round in a few words. */
  #told({ figures, account }: Round): string {
    const named = this.#scenario.figures.filter((figure) => figures[figure] !== undefined).slice(0, NAMED);
    const words = named.map((figure) => {
      const { label, show } = figureStyles[figure];
      return `${show(figures[figure] ?? 0)} ${label}`;
    });
    return [...words, ...(account ? [`${account.lost} lost`] : [])].join(", ");
  }

  #result(): ScenarioResult {
    const { name, work, figures, goals, window } = this.#scenario;
    const own = medianOf((this.#rounds.get(causeway) ?? []).map((round) => round.figures));
    const servers = [...this.#rounds].map(([peer, rounds]) => {
      const median = medianOf(rounds.map((round) => round.figures));
      const ratios =
        peer !== causeway && !peer.variant && own && median ? compare(own, median, figures) : undefined;
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
      work,
      figures,
      rounds: this.#roundCount,
      seconds: this.#terms.seconds,
      window: window && this.#terms.window,
      servers,
      goals: judgeGoals(goals, own, (rival) => servers.find((server) => server.name === rival)?.ratios),
      skipped: this.#skipped,
      failures: this.#failures,
    };
  }
}

function roundOf({ figures, account, notes = [] }: Outcome): Round {
  const { generatorCpu = 0, serverCpu = 0 } = figures;
  const generatorBound = generatorCpu >= WHOLE_CORE && serverCpu < WHOLE_CORE;
  return { figures, ...(account ? { account } : {}), notes, generatorBound };
}
