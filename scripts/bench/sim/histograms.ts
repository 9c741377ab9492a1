/**
 * Histograms at a relative error of 0.1 %, the three digits of HdrHistogram.
 *
 * @module
 */
import * as hdr from "npm:hdr-histogram-js@3.0.1";
import { stream } from "lib/sim/random.ts";
import { Histogram } from "lib/structures/histogram.ts";

interface Recorder {
  record(value: number): void;
  percentile(p: number): number;
}

/** Every histogram, by its package. */
export const histograms: Record<string, () => Promise<Recorder>> = {
  ours: () => Promise.resolve(new Histogram({ relativeError: 0.001 })),
  "hdr-histogram-js 3.0.1": () => Promise.resolve(wrap(false)),
  async "hdr-histogram-js 3.0.1 in WebAssembly"() {
    await hdr.initWebAssembly();
    return wrap(true);
  },
};

function wrap(useWebAssembly: boolean): Recorder {
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly,
  });
  return {
    record: (value) => histogram.recordValue(value),
    percentile: (p) => histogram.getValueAtPercentile(p),
  };
}

/** Microseconds from a tenth of a millisecond to a minute, as whole numbers, which HdrHistogram wants. */
export function latencies(): Float64Array {
  const random = stream(1, "latencies");
  return Float64Array.from(
    { length: 65_536 },
    () => Math.floor(100 * Math.exp(13 * random() ** 2)),
  );
}

/** Records all values `rounds` times: records a second, and percentiles as the answer. */
export function recordAll(histogram: Recorder, rounds: number): { rate: number; answer: number[] } {
  const values = latencies();
  const once = () => {
    for (let i = 0; i < values.length; i++) histogram.record(values[i]);
  };
  for (let round = 0; round < 10; round++) once();
  const started = performance.now();
  for (let round = 0; round < rounds; round++) once();
  const seconds = (performance.now() - started) / 1000;
  const answer = [50, 90, 99, 99.9, 100].map((p) => histogram.percentile(p));
  return { rate: rounds * values.length / seconds, answer };
}
