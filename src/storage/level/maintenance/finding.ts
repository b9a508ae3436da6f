import type { Row } from "../format/row.js";
import type { Operation } from "../operation.js";
import type { Fault } from "./fault.js";

/** A fault, and what removes it. */
export interface Finding {
  readonly fault: Fault;
  /** The row that goes, or that is replaced. */
  readonly row?: Row;
  /** What is written. */
  readonly writes: readonly Operation[];
  /** Rows cannot remove it: the database itself is damaged. */
  readonly inDatabase?: true;
}
