import type { Progress } from "./backup.js";

/** What the process that owns a data directory can be asked; one line of JSON. */
export interface ControlRequest {
  readonly command: "backup";
  /** Absolute. */
  readonly directory: string;
}

/** Answers, a line each: progress as often as there is some, then the end. */
export type ControlAnswer =
  | { readonly progress: Progress }
  | { readonly done: Progress }
  | { readonly error: string };
