import type { AuditDetails } from "./audit.js";

/** Lines of one credential at one door that a window lets through. */
const LINES = 20;
const WINDOW_MS = 10_000;
/** Credentials that are told apart in a window; those beyond share their lines. */
const MOST = 1_000;

interface Told {
  readonly who: Pick<AuditDetails, "door" | "user" | "proof" | "credential">;
  lines: number;
  suppressed: number;
}

/**
 * How often it is told that the same credential let somebody in: whoever has one must not fill a disk with it, by requests or by
 * connecting in a loop. How many lines were left out is said when the window ends.
 */
export class Entries {
  readonly #tell: (details: object, text: string) => void;
  readonly #told = new Map<string, Told>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (details: object, text: string) => void) {
    this.#tell = tell;
  }

  mayTell({ door, user, proof, credential }: AuditDetails): boolean {
    const key = JSON.stringify([door, user, proof, credential]);
    const told = this.#told.get(key) ?? this.#begin(key, { door, user, proof, credential });
    this.#timer ??= setTimeout(() => this.#endWindow(), WINDOW_MS).unref();
    if (told.lines < LINES) told.lines++;
    else {
      told.suppressed++;
      return false;
    }
    return true;
  }

  #begin(key: string, who: Told["who"]): Told {
    const isOver = this.#told.size >= MOST;
    const place = isOver ? "" : key;
    const told = this.#told.get(place) ?? {
      who: isOver ? { door: "several" } : who,
      lines: 0,
      suppressed: 0,
    };
    this.#told.set(place, told);
    return told;
  }

  #endWindow(): void {
    this.#timer = undefined;
    for (const { who, suppressed } of this.#told.values())
      if (suppressed > 0)
        this.#tell({ ...who, suppressed, seconds: WINDOW_MS / 1_000 }, "let in (more lines left out)");
    this.#told.clear();
  }
}
