/**
 * Hot-path decomposition: which step of a request its time is spent on, and what making it faster buys.
 *
 * A request is a graph of steps, each with a latency, that start when all steps before them have
 * ended; a step with `fanOut` waits for the slowest of so many calls. The critical path of one
 * request leads from its last step back through whoever was waited for. Sums of means are wrong as
 * soon as steps run side by side: the mean of a maximum is more than the maximum of the means.
 *
 * Simplified: latencies are independent, and no step waits for a free worker.
 *
 * @example
 * ```ts
 * import { criticality, hotPath, sampled } from "lib/systems/mental_models/hot_path.ts";
 * import { deterministic, exponential } from "lib/sim/distribution.ts";
 * import { stream } from "lib/sim/random.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const page = hotPath([
 *   { name: "auth", latency: deterministic(5) },
 *   { name: "ads", after: ["auth"], latency: exponential(10) },
 *   { name: "feed", after: ["auth"], latency: deterministic(20) },
 * ]);
 * const shares = criticality(sampled(page, 1000, stream(1)));
 * assertEquals(shares.map(({ step }) => step), ["auth", "feed", "ads"]); // always, mostly, at times
 * ```
 *
 * Source: Kelley and Walker, "Critical-Path Planning and Scheduling", 1959; Amdahl, AFIPS 1967.
 */
import type { Distribution } from "../../sim/distribution.ts";
import type { Random } from "../../sim/random.ts";

/** A step of a request. */
export interface Step {
  readonly name: string;
  /** Steps that must have ended before it starts; none by default. */
  readonly after?: readonly string[];
  /** Any unit of time, the same for all steps. */
  readonly latency: Distribution;
  /** Calls at once, all of which are waited for; default 1. */
  readonly fanOut?: number;
}

/** Steps in an order in which each comes after those that it waits for. */
export interface HotPath {
  readonly steps: readonly Step[];
  /** For each step, the places of those before it. */
  readonly before: readonly (readonly number[])[];
}

/** One request: the latency of each step in order, when each ended, and what decided. */
export interface Request {
  readonly latencies: readonly number[];
  readonly ends: readonly number[];
  readonly total: number;
  /** Places of the steps on the critical path, from first to last. */
  readonly path: readonly number[];
}

/**
 * Puts steps in order.
 *
 * @throws {RangeError} When steps wait for each other in a circle, or for one that does not exist.
 */
export function hotPath(steps: readonly Step[]): HotPath {
  const byName = new Map(steps.map((step) => [step.name, step]));
  if (byName.size < steps.length || steps.length === 0) {
    throw new RangeError(
      `Cannot order steps: names must be unique, and at least one: received ${
        steps.map(({ name }) => name).join(", ") || "none"
      }`,
    );
  }
  const ordered: Step[] = [];
  function visit(step: Step, trail: readonly string[]): void {
    if (ordered.includes(step)) return;
    const { name, after = [], fanOut = 1 } = step;
    if (trail.includes(name)) {
      const circle = [...trail.slice(trail.indexOf(name)), name].join(" → ");
      throw new RangeError(`Cannot order steps: they must not form a circle: received ${circle}`);
    }
    if (!(Number.isInteger(fanOut) && fanOut >= 1)) {
      throw new RangeError(
        `Cannot order steps: fanOut of ${name} must be a whole number above 0: received ${fanOut}`,
      );
    }
    for (const other of after) {
      const before = byName.get(other);
      if (!before) {
        throw new RangeError(
          `Cannot order steps: after of ${name} must name a step: received ${other}`,
        );
      }
      visit(before, [...trail, name]);
    }
    ordered.push(step);
  }
  for (const step of steps) visit(step, []);
  const place = new Map(ordered.map(({ name }, i) => [name, i]));
  return {
    steps: ordered,
    before: ordered.map(({ after = [] }) => after.map((name) => place.get(name)!)),
  };
}

/** A latency for each step of one request. */
export function draw({ steps }: HotPath, random: Random): number[] {
  return steps.map(({ latency, fanOut = 1 }) => {
    let slowest = latency.sample(random);
    for (let call = 1; call < fanOut; call++) slowest = Math.max(slowest, latency.sample(random));
    return slowest;
  });
}

/** What these latencies add up to, and along which steps. */
export function criticalPath({ before }: HotPath, latencies: readonly number[]): Request {
  const ends: number[] = [];
  const waitedFor = before.map((places, i) => {
    const last = places.length === 0 ? -1 : places.reduce((a, b) => ends[b] > ends[a] ? b : a);
    ends.push((last < 0 ? 0 : ends[last]) + latencies[i]);
    return last;
  });
  const total = Math.max(...ends);
  const path: number[] = [];
  for (let i = ends.indexOf(total); i >= 0; i = waitedFor[i]) path.unshift(i);
  return { latencies, ends, total, path };
}

/** Requests with their steps' names, drawn from the same graph. */
export interface Sample {
  readonly path: HotPath;
  /** From the fastest to the slowest. */
  readonly requests: readonly Request[];
}

/** Draws `count` requests. */
export function sampled(path: HotPath, count: number, random: Random): Sample {
  const requests = Array.from({ length: count }, () => criticalPath(path, draw(path, random)));
  return { path, requests: requests.sort((a, b) => a.total - b.total) };
}

/** For each step the share of requests that waited for it, the largest first. */
export function criticality({ path, requests }: Sample): { step: string; share: number }[] {
  return path.steps.map(({ name }, i) => ({
    step: name,
    share: requests.filter((request) => request.path.includes(i)).length / requests.length,
  })).sort((a, b) => b.share - a.share);
}

/** Requests near quantile `q`, half a per cent to either side: the mean time on the critical path, by step. */
export function blame({ path, requests }: Sample, q: number): { step: string; time: number }[] {
  const at = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * requests.length);
  const near = requests.slice(at(q - 0.005), Math.max(at(q + 0.005), at(q - 0.005) + 1));
  return path.steps.map(({ name }, i) => ({
    step: name,
    time: near.reduce((sum, r) => sum + (r.path.includes(i) ? r.latencies[i] : 0), 0) / near.length,
  })).sort((a, b) => b.time - a.time);
}

/** The same requests with one step `speedup` times as fast. */
export function whatIf(sample: Sample, change: { step: string; speedup: number }): Sample {
  const { path } = sample;
  const { step, speedup } = change;
  const place = path.steps.findIndex(({ name }) => name === step);
  if (place < 0 || !(speedup > 0)) {
    throw new RangeError(
      `Cannot change path: step must exist and speedup be above 0: received ${step}, ${speedup}`,
    );
  }
  const requests = sample.requests.map(({ latencies }) =>
    criticalPath(path, latencies.with(place, latencies[place] / speedup))
  );
  return { path, requests: requests.sort((a, b) => a.total - b.total) };
}

/** When each step of a request ran, and whether it was waited for. */
export function waterfall(
  { steps }: HotPath,
  { latencies, ends, path }: Request,
): { step: string; start: number; end: number; critical: boolean }[] {
  return steps.map(({ name }, i) => ({
    step: name,
    start: ends[i] - latencies[i],
    end: ends[i],
    critical: path.includes(i),
  }));
}

/** How many times faster the whole gets when `share` of it gets `speedup` times faster. */
export function amdahl(share: number, speedup: number): number {
  if (!(share >= 0 && share <= 1) || !(speedup > 0)) {
    throw new RangeError(
      `Cannot apply Amdahl's law: share must be from 0 to 1 and speedup above 0: received ${share}, ${speedup}`,
    );
  }
  return 1 / (1 - share + share / speedup);
}
