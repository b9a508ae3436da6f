/** Waits until `condition` holds; fails when it does not for five seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const patience = AbortSignal.timeout(5_000);
  while (!condition()) {
    if (patience.aborted) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
