/**
 * A histogram of positive numbers with a bounded relative error: percentiles of any number of
 * values in a few kilobytes.
 *
 * Log-linear: every power of two is cut into 2^k buckets of equal width. The bucket of a value is
 * the exponent and the first k bits of the mantissa, which is the front of the double itself, so
 * that recording is one shift and one increment. A percentile is the middle of its bucket, at most
 * 2^-(k+1) away from the value that was recorded. Counts are exact; two histograms of one precision
 * merge without further error.
 *
 * | operation | cost |
 * | --- | --- |
 * | `record` | O(1), no allocation once the range has been seen |
 * | `percentile`, `merge` | O(buckets) |
 * | memory | 8 B a bucket, 2^k buckets for each power of two between min and max |
 *
 * Simplified: no negative values; zero has a bucket of its own.
 *
 * @example
 * ```ts
 * import { Histogram } from "lib/structures/histogram.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const latencies = new Histogram({ relativeError: 0.001 });
 * for (let ms = 1; ms <= 1000; ms++) latencies.record(ms);
 * assertEquals(latencies.count, 1000);
 * assertAlmostEquals(latencies.percentile(99), 990, 990 * 0.001);
 * ```
 *
 * Source: Tene, HdrHistogram (the layout); Masson et al., DDSketch, VLDB 2019 (relative error).
 */

/** One bucket: `count` values from `low` up to, not including, `high`. */
export interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** A histogram as plain data, for a file or another thread. */
export interface HistogramData {
  readonly bits: number;
  readonly first: number;
  readonly counts: number[];
  readonly zeros: number;
  readonly sum: number;
  /** `null` when empty. */
  readonly min: number | null;
  readonly max: number | null;
}

const value64 = new Float64Array(1);
const words = new Uint32Array(value64.buffer); // little-endian: words[1] has sign, exponent, mantissa

export class Histogram {
  /** Largest relative error of a percentile. */
  readonly relativeError: number;
  #bits: number;
  #shift: number;
  #first = 0; // bucket number of counts[0]
  #counts = new Float64Array(0);
  #zeros = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** `relativeError` from 1e-5 to 0.25; the one in force is the next power of two below it. */
  constructor(options: { relativeError?: number } = {}) {
    const { relativeError = 0.001 } = options;
    if (!(relativeError >= 1e-5 && relativeError <= 0.25)) {
      throw new RangeError(
        `Cannot create histogram: relativeError must be between 1e-5 and 0.25: received ${relativeError}`,
      );
    }
    this.#bits = Math.ceil(-Math.log2(relativeError)) - 1;
    this.#shift = 20 - this.#bits;
    this.relativeError = 2 ** -(this.#bits + 1);
  }

  /** Values recorded. */
  get count(): number {
    let count = this.#zeros;
    for (const n of this.#counts) count += n;
    return count;
  }

  /** Exact sum of the values, up to rounding. */
  get sum(): number {
    return this.#sum;
  }

  /** Exact arithmetic mean; NaN when empty. */
  get mean(): number {
    return this.#sum / this.count;
  }

  /** Smallest value; NaN when empty. */
  get min(): number {
    return this.#min <= this.#max ? this.#min : NaN;
  }

  /** Largest value; NaN when empty. */
  get max(): number {
    return this.#min <= this.#max ? this.#max : NaN;
  }

  /** Counts `value`, which is finite and not negative, `times` times. */
  record(value: number, times = 1): void {
    value64[0] = value;
    const index = (words[1] >>> this.#shift) - this.#first;
    if (index >= 0 && index < this.#counts.length && value > 0) this.#counts[index] += times;
    else this.#recordOutside(value, times);
    this.#sum += value * times;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /**
   * The value that at least `p` percent of all values do not exceed (nearest rank), `p` from 0 to
   * 100; NaN when empty.
   */
  percentile(p: number): number {
    if (!(p >= 0 && p <= 100)) {
      throw new RangeError(
        `Cannot read percentile: p must be between 0 and 100: received ${p}`,
      );
    }
    const count = this.count;
    // Without the tiny subtraction 99 % of 1000 would be rank 991 where 0.99 rounds up.
    const rank = Math.max(1, Math.ceil((p / 100) * count - count * 1e-12));
    let seen = this.#zeros;
    if (count === 0) return NaN;
    if (rank <= seen) return 0;
    if (rank === count) return this.#max;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i];
      if (seen >= rank) {
        const middle = (this.#edge(i) + this.#edge(i + 1)) / 2;
        return Math.min(this.#max, Math.max(this.#min, middle));
      }
    }
    return this.#max;
  }

  /** Share of the values at or below `limit`, to within the bucket that `limit` falls into. */
  shareAtMost(limit: number): number {
    let below = limit >= 0 ? this.#zeros : 0;
    for (let i = 0; i < this.#counts.length && this.#edge(i) <= limit; i++) {
      below += this.#counts[i];
    }
    return below / this.count;
  }

  /** Standard deviation, from the middles of the buckets; NaN when empty. */
  get standardDeviation(): number {
    const mean = this.mean;
    let squares = this.#zeros * mean ** 2;
    for (const { low, high, count } of this.buckets()) {
      if (high > 0) squares += count * ((low + high) / 2 - mean) ** 2;
    }
    return Math.sqrt(squares / this.count);
  }

  /** The buckets that are not empty, in ascending order. */
  *buckets(): Generator<Bucket> {
    if (this.#zeros > 0) yield { low: 0, high: 0, count: this.#zeros };
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i];
      if (count > 0) yield { low: this.#edge(i), high: this.#edge(i + 1), count };
    }
  }

  /** Adds all values of `other`, which has the same precision. */
  merge(other: Histogram): this {
    if (other.#bits !== this.#bits) {
      throw new RangeError(
        `Cannot merge histograms: relativeError must be ${this.relativeError}: received ${other.relativeError}`,
      );
    }
    if (other.#counts.length > 0) {
      this.#cover(other.#first);
      this.#cover(other.#first + other.#counts.length - 1);
      const offset = other.#first - this.#first;
      for (let i = 0; i < other.#counts.length; i++) this.#counts[offset + i] += other.#counts[i];
    }
    this.#zeros += other.#zeros;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    return this;
  }

  /** Forgets all values. */
  clear(): void {
    this.#counts.fill(0);
    this.#zeros = this.#sum = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
  }

  /** The histogram as plain data. */
  toJSON(): HistogramData {
    return {
      bits: this.#bits,
      first: this.#first,
      counts: [...this.#counts],
      zeros: this.#zeros,
      sum: this.#sum,
      min: this.count > 0 ? this.min : null,
      max: this.count > 0 ? this.max : null,
    };
  }

  /** The histogram that `toJSON` wrote. */
  static from(data: HistogramData): Histogram {
    const histogram = new Histogram({ relativeError: 2 ** -(data.bits + 1) });
    histogram.#first = data.first;
    histogram.#counts = Float64Array.from(data.counts);
    histogram.#zeros = data.zeros;
    histogram.#sum = data.sum;
    histogram.#min = data.min ?? Infinity;
    histogram.#max = data.max ?? -Infinity;
    return histogram;
  }

  #recordOutside(value: number, times: number): void {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(
        `Cannot record value: value must be finite and 0 or more: received ${value}`,
      );
    }
    if (value === 0) {
      this.#zeros += times;
      return;
    }
    const bucket = words[1] >>> this.#shift;
    this.#cover(bucket);
    this.#counts[bucket - this.#first] += times;
  }

  /** Widens the counts by whole powers of two until `bucket` is among them. */
  #cover(bucket: number): void {
    const octave = 1 << this.#bits;
    const low = bucket & -octave;
    const first = this.#counts.length === 0 ? low : Math.min(this.#first, low);
    const end = Math.max(this.#first + this.#counts.length, low + octave);
    if (end - first === this.#counts.length) return;
    const counts = new Float64Array(end - first);
    counts.set(this.#counts, this.#counts.length === 0 ? 0 : this.#first - first);
    this.#counts = counts;
    this.#first = first;
  }

  /** Lower edge of the bucket at `index`. */
  #edge(index: number): number {
    words[1] = (this.#first + index) << this.#shift;
    words[0] = 0;
    return value64[0];
  }
}
