/**
 * The simulator against SimPy, its event queue against the heaps of npm, its histogram against
 * HdrHistogram, and a million clients against the clock.
 *
 * Both sides run the same model with the same number of the model's own events (arrivals and departures,
 * deliveries), and must give the same answer within chance; a difference of more than four standard errors fails.
 *
 * @module
 */
import { print } from "../terminal.ts";
import { simpy } from "./peers/python.ts";
import {
  type Comparison,
  contestant,
  type Pairs,
  pairs,
  publish,
  rateText,
  summarise,
} from "./pairs.ts";
import type { Presence } from "./sim/presence.ts";
import { heaps } from "./sim/queues.ts";
import { throughput } from "./sim/mva.ts";

interface Replications {
  events: number;
  values: number[];
}

const ours = <A>(...args: (string | number)[]) =>
  contestant<A>([
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    "scripts/bench/sim/contestant.ts",
    ...args.map(String),
  ]);

/** Fails unless both sides agree on the answer within four standard errors, and on the number of events. */
function checkSame({ metric, ours, theirs }: Pairs<Replications>): void {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  const [a, b] = [ours, theirs].map((side) => side.flatMap((report) => report.answer.values));
  const variance = mean(a.map((value) => (value - mean(a)) ** 2)); // ours has more replications
  const z = (mean(a) - mean(b)) / Math.sqrt(variance * (1 / a.length + 1 / b.length));
  const events = new Set([...ours, ...theirs].map((report) => report.answer.events));
  print(
    `sim ${metric} check: ours ${mean(a).toPrecision(4)}, peer ${mean(b).toPrecision(4)}, ` +
      `z = ${z.toFixed(1)}; ${[...events].join(" and ")} events a run`,
  );
  if (Math.abs(z) > 4) {
    throw new Error(`${metric}: answers differ by ${z.toFixed(1)} standard errors`);
  }
  if (events.size !== 1) throw new Error(`${metric}: numbers of events differ`);
}

async function againstSimPy(): Promise<Comparison[]> {
  const python = await simpy();
  if (python === undefined) return [];
  const peer = (file: string, ...args: number[]) =>
    contestant<Replications>([python, `scripts/bench/peers/${file}`, ...args.map(String)]);
  const lines: Comparison[] = [];
  for (const style of ["processes", "events"]) {
    const result = await pairs(
      { metric: `mm1-${style}`, unit: "events", peer: "SimPy 4.1.2" },
      (round) => ours<Replications>("mm1", style, 0.8, 10_000, 60, 1 + 60 * round),
      (round) => peer("simpy_mm1.py", 0.8, 10_000, 2, 1 + 2 * round),
    );
    checkSame(result);
    lines.push(summarise(result));
  }
  const result = await pairs(
    { metric: "messages-100-nodes", unit: "messages", peer: "SimPy 4.1.2" },
    (round) => ours<Replications>("messages", 100, 1000, 200_000, 5, 1 + 5 * round),
    (round) => peer("simpy_messages.py", 100, 1000, 200_000, 1, 1 + round),
  );
  checkSame(result);
  const theory = throughput({ stations: 100, service: 0.001, delay: 0.01, messages: 1000 });
  const [{ answer }] = result.ours;
  const seen = answer.events / (answer.values.reduce((a, b) => a + b) / answer.values.length);
  print(
    `sim messages-100-nodes theory: ${theory.toFixed(0)} messages/s of virtual time, observed ${
      seen.toFixed(0)
    }`,
  );
  lines.push(summarise(result));
  return lines;
}

async function againstHeaps(): Promise<Comparison[]> {
  const lines: Comparison[] = [];
  for (const size of [100, 10_000, 1_000_000]) {
    const run = (name: string) =>
      ours<number>("hold", name, size, size < 1e6 ? 3_000_000 : 1_500_000);
    let best = { name: "", rate: 0 };
    for (const name of Object.keys(heaps).filter((name) => name !== "ours")) {
      const { rate } = await run(name);
      print(`sim hold-${size} ${name}: ${rateText(rate, "events")}`);
      if (rate > best.rate) best = { name, rate };
    }
    const result = await pairs(
      {
        metric: `hold-${size}`,
        unit: "events",
        peer: `${best.name}, the best of ${Object.keys(heaps).length - 1}`,
      },
      () => run("ours"),
      () => run(best.name),
    );
    const answers = new Set([...result.ours, ...result.theirs].map((report) => report.answer));
    if (answers.size !== 1) throw new Error(`hold-${size}: orders differ`);
    lines.push(summarise(result));
  }
  return lines;
}

async function againstHistograms(): Promise<Comparison[]> {
  const lines: Comparison[] = [];
  for (const peer of ["hdr-histogram-js 3.0.1", "hdr-histogram-js 3.0.1 in WebAssembly"]) {
    const result = await pairs(
      { metric: "histogram", unit: "records", peer },
      () => ours<number[]>("histogram", "ours", 400),
      () => ours<number[]>("histogram", peer, 100),
    );
    result.ours[0].answer.forEach((value, i) => {
      const other = result.theirs[0].answer[i];
      if (Math.abs(value / other - 1) > 0.002) {
        throw new Error(`histogram: percentiles differ: ${value} and ${other}`);
      }
    });
    lines.push(summarise(result));
  }
  return lines;
}

/** A million clients for a minute of virtual time; no peer, but a limit of one minute. */
async function aMillionClients(): Promise<Presence> {
  const { answer: _, ...result } = await ours("presence", 1e6, 60, 0.05) as unknown as
    & Presence
    & { answer: unknown };
  const { beats, wallSeconds, falseOffline, expected, virtualSeconds } = result;
  const z = (falseOffline - expected) / Math.sqrt(expected);
  print(
    `sim presence-million: ${virtualSeconds} s of 1 M clients in ${
      wallSeconds.toFixed(1)
    } s (goal: under 60), ` +
      `${rateText(beats / wallSeconds, "beats")}; false offline ${falseOffline}, formula ${
        expected.toFixed(0)
      }, z = ${z.toFixed(1)}`,
  );
  if (Math.abs(z) > 4) throw new Error("presence-million: false offline differs from the formula");
  return result;
}

/** Runs all four and writes `out/bench/sim.json`. */
export async function main(): Promise<void> {
  const lines = [
    ...await againstSimPy(),
    ...await againstHeaps(),
    ...await againstHistograms(),
  ];
  await publish("sim", lines, { presence: await aMillionClients() });
}

if (import.meta.main) await main();
