import type { Operation } from "../operation.js";
import type { Database } from "./database.js";
import { Examination } from "./examination.js";
import type { Fault } from "./fault.js";
import type { RemovedRows } from "./removed-rows.js";
import type { OnRows } from "./row-chunks.js";

/** What is removed may bring something else to light, but not again and again. */
const MOST_ROUNDS = 5;
const FINDINGS_PER_WRITE = 200;

/** Takes out of a database the rows that are wrong. */
export class RowRepair {
  readonly #removed: RemovedRows;
  readonly #onFault: (fault: Fault) => Promise<void>;
  readonly #onRows: OnRows | undefined;

  constructor(removed: RemovedRows, onFault: (fault: Fault) => Promise<void>, onRows: OnRows | undefined) {
    this.#removed = removed;
    this.#onFault = onFault;
    this.#onRows = onRows;
  }

  /** Takes out what is wrong until nothing is. False: the database itself is damaged. */
  async clean(level: Database): Promise<boolean> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { found, inDatabase } = await this.#round(level);
      if (inDatabase) return false;
      if (found === 0) return true;
    }
    return false;
  }

  async #round(level: Database): Promise<{ found: number; inDatabase: boolean }> {
    let found = 0;
    let inDatabase = false;
    let operations: Operation[] = [];
    const examination = new Examination(level, this.#onRows);
    for await (const finding of examination.findings()) {
      await this.#onFault(finding.fault);
      inDatabase ||= finding.inDatabase ?? false;
      if (finding.row) {
        await this.#removed.write(finding.row, finding.fault);
        operations.push({ type: "del", key: finding.row.key });
      }
      operations.push(...finding.writes);
      if (++found % FINDINGS_PER_WRITE > 0) continue;
      await this.#write(level, operations);
      operations = [];
    }
    await this.#write(level, operations);
    return { found, inDatabase };
  }

  async #write(level: Database, operations: Operation[]): Promise<void> {
    await this.#removed.sync();
    if (operations.length > 0) await level.batch(operations, { sync: true });
  }
}
