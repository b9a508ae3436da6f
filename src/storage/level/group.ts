/** What is written together, as those see it who wait for it. */
export interface Group {
  readonly done: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
  /** When somebody first waited for it. */
  awaitedSince: number | undefined;
}

export function newGroup(): Group {
  let resolve = (): void => undefined;
  let reject = (_error: Error): void => undefined;
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { done: handled(done), resolve, reject, awaitedSince: undefined };
}

/** A promise whose rejection harms nothing when nobody waits for it. */
export function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
