/** How long is waited for what must happen, in ms; a busy machine may take its time. */
export const PATIENCE = 20_000;

/** Waits until `condition` holds; fails when it does not for {@link PATIENCE}. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE);
  while (!condition()) {
    if (patience.aborted) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
