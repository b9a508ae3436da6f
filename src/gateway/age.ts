/**
 * For how long the oldest of what was sent to a client has waited to be taken, counted in looks: a process that stood still for a
 * while has not looked meanwhile, and blames nobody.
 */
export class Age {
  #sent = 0;
  #taken = 0;
  /** How much had been sent at each look since which not all of it has been taken; oldest first. */
  #looks: number[] | undefined;

  /** For how many times the interval of the looks it has waited, at least. */
  get looks(): number {
    return Math.max(0, (this.#looks?.length ?? 0) - 1);
  }

  sent(): void {
    this.#sent++;
  }

  taken(): void {
    this.#taken++;
  }

  /** To be called at intervals while something waits. Gives {@link looks}; undefined when nothing waits. */
  look(): number | undefined {
    const since = this.#looks?.filter((sent) => sent > this.#taken) ?? [];
    this.#looks = this.#sent > this.#taken ? [...since, this.#sent] : undefined;
    return this.#looks && this.looks;
  }
}
