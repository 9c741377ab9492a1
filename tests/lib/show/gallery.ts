/** One realistic chart of every builder and variant, which the tests draw and people look at. */
import type { Chart } from "../../../lib/show/chart/chart.ts";
import { area } from "../../../lib/show/marks/area.ts";
import { band } from "../../../lib/show/marks/band.ts";
import { bar } from "../../../lib/show/marks/bar.ts";
import { cdf } from "../../../lib/show/marks/cdf.ts";
import { heatmap } from "../../../lib/show/marks/heatmap.ts";
import { histogram } from "../../../lib/show/marks/histogram.ts";
import { layer } from "../../../lib/show/marks/layer.ts";
import { line } from "../../../lib/show/marks/line.ts";
import { map } from "../../../lib/show/marks/map.ts";
import { ground, paths, places, regions } from "../../../lib/show/marks/map_layers.ts";
import { point } from "../../../lib/show/marks/point.ts";
import { sliders } from "../../../lib/show/marks/sliders.ts";
import { steps } from "../../../lib/show/marks/steps.ts";
import { tornado } from "../../../lib/show/marks/tornado.ts";

/** A small seeded generator (mulberry32), so that pictures repeat. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Freezes rows deeply: a builder that writes to its input throws. */
function frozen<R extends object>(rows: R[]): readonly R[] {
  return Object.freeze(rows.map((row) => Object.freeze(row)));
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

const DETECTORS = ["fixed timeout", "hysteresis", "phi accrual"];
const detectorMeanings = {
  "fixed timeout": "worse",
  hysteresis: "baseline",
  "phi accrual": "better",
} as const;

const latencies = frozen(
  DETECTORS.flatMap((detector, k) =>
    range(61).map((i) => ({ detector, load: i * 1.6, p99: [40, 25, 18][k] / (1 - i * 0.0155) }))
  ),
);

const losses = [0.5, 1, 2, 5, 10, 20];
const formula = (loss: number) => (1 - loss / 100) * (loss / 100) ** 3 * 2400;
const loss = { field: "loss", title: "packet loss (%)", scale: "log" } as const;
const rate = { field: "rate", title: "false offline (1/device-hour)", scale: "log" } as const;

function repetitions() {
  const random = seeded(3);
  return frozen(
    ["push", "pull"].flatMap((policy) =>
      range(12).flatMap((i) =>
        range(8).map((seed) => ({
          policy,
          seed,
          watchers: 5 + i * 10,
          cost: (policy === "push" ? 4 + i * 3 : 16 + i * 0.6) * (0.8 + 0.4 * random()),
        }))
      )
    ),
  );
}

function delays() {
  const random = seeded(5);
  return frozen(DETECTORS.flatMap((detector, k) =>
    range(6000).map(() => ({
      detector,
      delay: [1.6, 3.3, 2.6][k] + 1.6 * random() -
        (k === 2 ? 0.8 * Math.log(1 - random()) * 0.4 : 0),
    }))
  ));
}

function queue() {
  const random = seeded(9);
  let queued = 0;
  return frozen(
    range(120).map((i) => {
      queued = Math.max(0, queued + Math.round(random() * (i > 40 && i < 70 ? 6 : 3) - 1.6));
      return { atMs: i * 5, queued };
    }),
  );
}

const assumptions = frozen([
  { assumption: "push p99", low: 4.76, high: 6.75, from: "10 ms", to: "2 s" },
  { assumption: "heartbeat", low: 1.2, high: 30.5, from: "0.25 s", to: "10 s" },
  { assumption: "misses", low: 1.95, high: 15.45, from: "1 beat", to: "10 beats" },
  { assumption: "sweep", low: 4.71, high: 6.7, from: "10 ms", to: "2 s" },
]);

const square = {
  type: "Polygon",
  coordinates: [[[-20, -30], [-20, 40], [50, 40], [50, -30], [-20, -30]]],
};
const tiles = frozen(
  range(12).flatMap((i) =>
    range(12).map((j) => ({
      side: i < 6 ? "west" : "east",
      drivers: 1 + (i * j) ** 2,
      ring: [[i * 2, j * 2], [i * 2, j * 2 + 2], [i * 2 + 2, j * 2 + 2], [i * 2 + 2, j * 2]],
    }))
  ),
);
const shaded = regions(tiles, {
  ring: "ring",
  color: { field: "drivers", unit: "drivers/km²", scale: "log" },
});
const cities = frozen([{ lat: 5, lon: 4, city: "Abel" }, { lat: 15, lon: 18, city: "Bebel" }]);
const route = frozen([{ route: [[4, 5], [9, 12], [18, 15]] }]);

/** All charts by name. */
export function gallery(): Record<string, Chart> {
  return {
    "line-series": line(latencies, {
      x: { field: "load", unit: "%" },
      y: { field: "p99", unit: "ms" },
      color: { field: "detector", meanings: detectorMeanings },
      title:
        "p99 doubles past 80 % load for each of the three detectors, and the fixed timeout crosses the objective first",
      subtitle: "20,000 simulated devices, seed 7",
      rules: [{ y: 200, label: "SLO: 200 ms" }, { x: 80, label: "predicted knee: 80 %" }],
    }),
    "line-plain": line(latencies.filter((row) => row.detector === "hysteresis"), {
      x: { field: "load", unit: "%" },
      y: { field: "p99", unit: "ms", scale: "log" },
      title: "The knee hides on a log axis",
      rules: [{ y: 350, label: "objective for the slowest device of the slowest region: 350 ms" }],
    }),
    "line-ordered": line(
      frozen(
        [0, 1, 5, 10, 20].flatMap((lossPercent) =>
          range(13).map((i) => ({
            lossPercent,
            seconds: i * 2.5,
            correct: Math.min(100, 60 + i * 4 - lossPercent * (1.2 - i * 0.03)),
          }))
        ),
      ),
      {
        x: { field: "seconds", title: "time since healing (s)" },
        y: { field: "correct", title: "correct views (%)" },
        color: { field: "lossPercent", title: "packet loss", unit: "%" },
        title: "Views are right again ten seconds after the network",
      },
    ),
    "line-facet": line(latencies, {
      x: { field: "load", unit: "%" },
      y: { field: "p99", unit: "ms" },
      facet: "detector",
      title: "Every detector has its knee at the same load",
      rules: [{ y: 200, label: "SLO: 200 ms" }],
    }),
    "line-time": line(
      frozen(
        range(25).map((i) => ({
          at: new Date(Date.UTC(2026, 0, 5, i)),
          online: 30e6 + 18e6 * Math.sin((i - 6) / 3.8),
        })),
      ),
      {
        x: { field: "at", title: "Monday 5 January, UTC" },
        y: { field: "online", unit: "devices" },
        title: "The peak hour has four times the devices of the night",
        rules: [{ y: 50e6, label: "requirement: 50 M" }],
      },
    ),
    "steps": steps(queue(), {
      x: { field: "atMs", title: "time (ms)" },
      y: { field: "queued", unit: "requests" },
      title: "The queue drains within 200 ms after the leader is back",
      rules: [{ x: 200, label: "leader stops" }, { x: 350, label: "leader is back" }],
    }),
    "layer-prediction": layer([
      line(frozen(losses.map((each) => ({ loss: each, rate: formula(each) }))), {
        x: loss,
        y: rate,
        dashed: true,
        name: "formula",
      }),
      point(
        frozen(losses.flatMap((each) => {
          const mean = formula(each);
          return [
            {
              loss: each,
              rate: mean * 1.04,
              low: mean * 0.9,
              high: mean * 1.2,
              model: "independent",
            },
            { loss: each, rate: each * 3, low: each * 2.6, high: each * 3.5, model: "bursts of 5" },
          ];
        })),
        {
          x: loss,
          y: rate,
          low: "low",
          high: "high",
          color: {
            field: "model",
            meanings: { independent: "baseline", "bursts of 5": "worse" },
          },
        },
      ),
    ], {
      title: "Bursts make the same 1 % loss a thousand times worse",
      subtitle: "100,000 devices for one hour; bars span three standard errors",
      rules: [{ y: 0.01, label: "budget: 0.01 per hour" }],
    }),
    "bar": bar(
      frozen([
        { window: "none", pushes: 10.2e6 },
        { window: "100 ms", pushes: 9.7e6 },
        { window: "1 s", pushes: 6.1e6 },
        { window: "5 s", pushes: 2.4e6 },
      ]),
      {
        x: { field: "window", title: "diff suppression window" },
        y: { field: "pushes", unit: "1/s" },
        color: {
          field: "window",
          meanings: { none: "neutral", "100 ms": "neutral", "1 s": "highlight", "5 s": "neutral" },
        },
        title: "A window of one second saves 40 % of the pushes",
        rules: [{ y: 10e6, label: "predicted without a window: 10 M/s" }],
      },
    ),
    "bar-grouped": bar(
      frozen([0.1, 1, 5, 10].flatMap((each) => [
        { loss: each, detector: "fixed timeout", flaps: each * 24 },
        { loss: each, detector: "hysteresis", flaps: each * 7 },
        { loss: each, detector: "phi accrual", flaps: each * 2 },
      ])),
      {
        x: { field: "loss", title: "packet loss (%)" },
        y: { field: "flaps", title: "flaps (1/h)" },
        color: { field: "detector", meanings: detectorMeanings },
        title: "Hysteresis removes most flaps, phi accrual nearly all",
      },
    ),
    "bar-level": bar(
      frozen([
        { policy: "cache only, re-announced by the devices", wrong: 12 },
        { policy: "cache and source of truth", wrong: 0 },
        { policy: "cache, written through to a replicated log of all transitions", wrong: 3 },
      ]),
      {
        y: "policy",
        x: { field: "wrong", title: "wrong users after a restart (count)" },
        title: "Only a source of truth survives the restart",
      },
    ),
    "bar-whiskers": bar(
      frozen([
        { engine: "ours", rate: 12.1e6, low: 11.2e6, high: 12.9e6 },
        { engine: "peer", rate: 5.4e6, low: 5.0e6, high: 5.9e6 },
      ]),
      {
        x: "engine",
        y: { field: "rate", title: "beats (1/s)" },
        low: "low",
        high: "high",
        color: { field: "engine", meanings: { ours: "better", peer: "neutral" } },
        title: "Ours takes twice the beats",
        subtitle: "mean of five runs; bars span the least and the most",
      },
    ),
    "bar-stacked": bar(
      frozen(["read", "write", "rebuild"].flatMap((path) => [
        { path, part: "network", ms: 4 },
        { path, part: "queue", ms: path === "rebuild" ? 30 : 6 },
        { path, part: "disk", ms: path === "read" ? 1 : 12 },
      ])),
      {
        x: "path",
        y: { field: "ms", title: "latency (ms)" },
        color: {
          field: "part",
          meanings: { network: "neutral", queue: "highlight", disk: "baseline" },
        },
        stack: true,
        title: "A rebuild waits in the queue, not for the disk",
      },
    ),
    "point": point(
      frozen(
        range(160).map((i) => {
          const x = (i * 37 % 160) / 2;
          return {
            size: 1 + x,
            latency: 2 + x * 0.4 + ((i * 73) % 29) / 3,
            node: i % 2 ? "a" : "b",
          };
        }),
      ),
      {
        x: { field: "size", unit: "KiB" },
        y: { field: "latency", unit: "ms" },
        color: "node",
        title: "Latency grows by 0.4 ms per KiB on both nodes",
      },
    ),
    "area": area(
      frozen(
        range(31).flatMap((i) => [
          { second: i, kind: "fresh", answers: 1000 - (i > 8 && i < 20 ? 600 - (i - 8) * 40 : 0) },
          { second: i, kind: "stale", answers: i > 8 && i < 20 ? 600 - (i - 8) * 40 : 0 },
        ]),
      ),
      {
        x: { field: "second", title: "time (s)" },
        y: { field: "answers", unit: "1/s" },
        color: { field: "kind", meanings: { fresh: "better", stale: "worse" } },
        title: "Nobody gets an error while Redis restarts, 60 % get a stale answer",
        rules: [{ x: 8, label: "Redis is killed" }],
      },
    ),
    "band": band(repetitions(), {
      x: { field: "watchers", unit: "users" },
      y: { field: "cost", title: "messages per change (count)" },
      color: { field: "policy", meanings: { push: "worse", pull: "better" } },
      title: "Pull is cheaper past fifty watchers",
      subtitle: "8 seeds",
      rules: [{ x: 50, label: "computed flip: 50 watchers" }],
    }),
    "cdf": cdf(delays(), {
      x: { field: "delay", title: "detection delay (s)" },
      color: { field: "detector", meanings: detectorMeanings },
      of: "transitions",
      title: "99 % of transitions are noticed within 4.95 s",
      rules: [{ x: 5, label: "SLO: 5 s" }],
    }),
    "histogram": histogram(
      delays().filter(({ detector }) => detector === "phi accrual"),
      {
        x: { field: "delay", title: "detection delay (s)" },
        of: "transitions",
        title: "The tail of phi accrual is short",
        rules: [{ x: 4.95, label: "predicted worst: 4.95 s" }],
      },
    ),
    "heatmap": heatmap(
      frozen(
        [1, 2, 3, 4, 5].flatMap((misses) =>
          [0.5, 1, 1.5, 2, 5, 10].map((beat) => ({ misses, beat, delay: misses * beat + 0.45 }))
        ),
      ),
      {
        x: { field: "beat", title: "heartbeat (s)" },
        y: { field: "misses", unit: "beats" },
        color: { field: "delay", title: "worst detection (s)" },
        title: "Five seconds allow three misses of 1.5 s or four of one second",
      },
    ),
    "map-box": map([
      ground(square),
      shaded,
      paths(route, { path: "route", name: "a ride" }),
      places(cities, { lat: "lat", lon: "lon", label: "city", meaning: "worse", name: "cities" }),
    ], {
      view: { south: -2, west: -8, north: 26, east: 38 },
      title: "Most drivers wait in the north-east of the square, far from where rides begin",
    }),
    "map-globe": map([ground(square), shaded], {
      view: { globe: { lat: 20, lon: 10 } },
      title: "The square covers a twentieth of the globe",
    }),
    "map-small": map([ground(square), shaded], {
      facet: "side",
      view: {
        west: { south: -2, west: -2, north: 26, east: 14 },
        east: { south: -2, west: 10, north: 26, east: 26 },
      },
      title: "The east has more than the west",
      subtitle: "One scale for both",
    }),
    "map-world": map([
      ground(square),
      regions(tiles, { ring: "ring", outline: 1 }),
      places(cities, { lat: "lat", lon: "lon", label: "city", name: "two cities" }),
    ], {
      view: "world",
      title: "The square is small in the world",
    }),
    "heatmap-large": heatmap(
      frozen(
        range(16).flatMap((a) =>
          range(24).map((b) => ({
            node: a,
            hour: b,
            load: 10 ** (3 + Math.sin(a / 3 + b / 5) * 1.5),
          }))
        ),
      ),
      {
        x: { field: "hour", unit: "h" },
        y: { field: "node", title: "node (number)" },
        color: { field: "load", unit: "1/s", scale: "log" },
        title: "The hot spot wanders over the ring",
      },
    ),
    "tornado": tornado(assumptions, {
      name: "assumption",
      low: "low",
      high: "high",
      lowLabel: "from",
      highLabel: "to",
      base: 4.95,
      value: { title: "worst detection", unit: "s" },
      title: "The heartbeat decides how late we are, the push path hardly matters",
    }),
    "sliders": sliders({
      x: { name: "heartbeat", domain: [0.25, 10], unit: "s", value: 1.5 },
      y: { title: "detection delay", unit: "s" },
      params: {
        misses: { value: 3, range: [1, 10], step: 1, unit: "beats" },
        push: { value: 200, range: [10, 2000], step: 10, unit: "ms", title: "push p99" },
      },
      curves: {
        worst: "misses * heartbeat + 0.25 + push / 1000",
        mean: "(misses - 0.5) * heartbeat + 0.125 + push / 1000",
      },
      rules: [{ y: 5, label: "SLO: 5 s" }],
      title: "Three misses of 1.5 s just meet the objective",
    }),
  };
}
