/** As much of a store as webhooks need: streams of entries that survive a restart. */
export interface EventStore {
  append(stream: string, offset: number, entry: Buffer): void;
  trim(stream: string, upTo: number): void;
  dropStream(stream: string): void;
  streams(): AsyncIterable<{ readonly name: string; readonly last: number; readonly entries: number }>;
  readStream(
    stream: string,
    after: number,
    limit: number,
    mostBytes?: number,
  ): Promise<readonly { readonly offset: number; readonly entry: Buffer }[]>;
  /** Whether so much waits to be written that nothing more should be asked for. */
  readonly behind: boolean;
}
