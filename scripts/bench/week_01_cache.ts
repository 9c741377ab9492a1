/**
 * Session 04's parts against what their users would pick instead.
 *
 * - coalescing: loads a second with 100,000 concurrent callers on 100 keys, against npm dataloader;
 * - cache: reads a second of a Zipf read-through (get, on a miss set), against npm lru-cache, mnemonist's LRUCache
 *   and quick-lru; the hit ratio must be no worse than LRU's.
 *
 * @module
 */
import DataLoader from "dataloader";
import { LRUCache } from "lru-cache";
import * as mnemonist from "mnemonist";
import QuickLru from "quick-lru";
import { stream } from "../../lib/sim/random.ts";
import { zipf } from "../../lib/sim/zipf.ts";
import { SieveCache } from "../../lib/structures/sieve_cache.ts";
import { SingleFlight } from "../../lib/structures/single_flight.ts";
import { print } from "../terminal.ts";
import { compare, type Comparison, save } from "./paired.ts";

const NAME = "week-01-cache";
const CALLERS = 100_000;
const DISTINCT = 100;
const CAPACITY = 100_000;
const KEYS = 1_000_000;
const READS = 2_000_000;

async function coalescing(): Promise<Comparison> {
  const keys = Array.from({ length: CALLERS }, (_, n) => `user:${n % DISTINCT}`);
  const calls = { ours: new Set<number>(), theirs: new Set<number>() };
  const timed = async (start: () => Promise<string>[]) => {
    const startMs = performance.now();
    const answers = await Promise.all(start());
    const perSecond = CALLERS / (performance.now() - startMs) * 1000;
    if (answers.some((answer, n) => answer !== `row of ${keys[n]}`)) {
      throw new Error("Cannot compare coalescing: an answer is wrong");
    }
    return perSecond;
  };
  const comparison = await compare(NAME, {
    metric: "coalesced-loads/s",
    peer: "dataloader 2.2.3",
    ours: async () => {
      let loads = 0;
      const flight = new SingleFlight<string>();
      const load = (key: string) => {
        loads++;
        return Promise.resolve(`row of ${key}`);
      };
      const perSecond = await timed(() => keys.map((key) => flight.run(key, load)));
      calls.ours.add(loads);
      return perSecond;
    },
    theirs: async () => {
      let loads = 0;
      const loader = new DataLoader<string, string>((batch) => {
        loads += batch.length;
        return Promise.resolve(batch.map((key) => `row of ${key}`));
      }, { maxBatchSize: Infinity });
      const perSecond = await timed(() => keys.map((key) => loader.load(key)));
      calls.theirs.add(loads);
      return perSecond;
    },
  });
  const loads = [...calls.ours, ...calls.theirs];
  if (loads.some((count) => count !== DISTINCT)) {
    throw new Error(
      `Cannot compare coalescing: backend calls must be ${DISTINCT}: received ${loads}`,
    );
  }
  print(`${NAME} backend-calls ours=${loads[0]} distinct-keys=${DISTINCT}`);
  return comparison;
}

interface Cache {
  get(key: string): number | undefined;
  set(key: string, value: number): unknown;
}

async function cache(): Promise<Comparison[]> {
  const random = stream(1, "reads"), popularity = zipf(KEYS, 0.99);
  const names = Array.from({ length: KEYS }, (_, n) => `user:${n}`);
  const trace = Uint32Array.from({ length: READS }, () => popularity.sample(random));
  const hits = new Map<string, number>();
  // one loop a cache, so that no call site sees two of them
  const loopOf = (name: string, make: () => Cache) => {
    const loop = new Function(
      "cache",
      "trace",
      "names",
      `let hits = 0;
       for (let i = 0; i < trace.length; i++) {
         const key = names[trace[i]];
         if (cache.get(key) !== undefined) hits++;
         else cache.set(key, i);
       }
       return hits; // ${name}`,
    ) as (cache: Cache, trace: Uint32Array, names: string[]) => number;
    return () => {
      const cache = make();
      const startMs = performance.now();
      hits.set(name, loop(cache, trace, names) / READS);
      return READS / (performance.now() - startMs) * 1000;
    };
  };
  const ours = loopOf("ours", () => new SieveCache<string, number>(CAPACITY));
  const peers: [string, () => Cache][] = [
    ["lru-cache 11.5.3", () => new LRUCache<string, number>({ max: CAPACITY })],
    ["mnemonist LRUCache 0.40.8", () => new mnemonist.LRUCache<string, number>(CAPACITY)],
    ["quick-lru 7.3.0", () => new QuickLru<string, number>({ maxSize: CAPACITY })],
  ];
  const comparisons: Comparison[] = [];
  for (const [peer, make] of peers) {
    const theirs = loopOf(peer, make);
    comparisons.push(await compare(NAME, { metric: "zipf-read-through/s", peer, ours, theirs }));
  }
  const percent = (name: string) => `${(100 * hits.get(name)!).toFixed(2)}%`;
  const all = ["ours", ...peers.map(([peer]) => peer)].map((name) => `${name}=${percent(name)}`);
  print(`${NAME} hit-ratio ${all.join(" ")}`);
  if (hits.get("ours")! < hits.get("lru-cache 11.5.3")!) {
    throw new Error("Cannot compare caches: our hit ratio must be no worse than LRU's");
  }
  return comparisons;
}

/** Runs all comparisons. */
export async function main(): Promise<void> {
  await save(NAME, [await coalescing(), ...await cache()]);
}

if (import.meta.main) await main();
