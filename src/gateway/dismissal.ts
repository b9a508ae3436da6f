/** How the operator, or a program of theirs, ends something. What is left out is as usual. */
export interface Dismissal {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}
