/** Below this every microsecond has a bucket; above it each power of two has half as many. */
const EXACT = 256;
const PER_OCTAVE = EXACT / 2;
/** The largest value that is told apart, in microseconds: 35 minutes. */
const LARGEST = 2 ** 31 - 1;

export interface LatencySummary {
  readonly samples: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Latencies in a fixed amount of memory, to within 0.8 %: a list of millions would disturb what it measures. */
export class Latency {
  readonly #buckets = new Uint32Array(bucketOf(LARGEST) + 1);
  #samples = 0;
  #max = 0;

  record(microseconds: number): void {
    const value = Math.min(Math.max(Math.round(microseconds), 0), LARGEST);
    const bucket = bucketOf(value);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#samples++;
    if (value > this.#max) this.#max = value;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#samples = 0;
    this.#max = 0;
  }

  summary(): LatencySummary {
    return {
      samples: this.#samples,
      p50: this.#percentile(0.5) / 1000,
      p99: this.#percentile(0.99) / 1000,
      max: this.#max / 1000,
    };
  }

  #percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(this.#samples * share));
    let seen = 0;
    for (const [bucket, samples] of this.#buckets.entries()) {
      seen += samples;
      if (seen >= rank) return Math.min(upperEdge(bucket), this.#max);
    }
    return this.#max;
  }
}

function bucketOf(value: number): number {
  if (value < EXACT) return value;
  const shift = 31 - Math.clz32(value) - 7;
  return EXACT + (shift - 1) * PER_OCTAVE + (value >>> shift) - PER_OCTAVE;
}

/** The largest value that falls into the bucket. */
function upperEdge(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const octave = Math.floor((bucket - EXACT) / PER_OCTAVE);
  const place = (bucket - EXACT) % PER_OCTAVE;
  return (PER_OCTAVE + place + 1) * 2 ** (octave + 1) - 1;
}
