/**
 * The pool against what its users would pick instead: npm generic-pool and npm tarn.
 *
 * Acquire and release as fast as they go, with a timeout a caller, first come first served: once alone, and once with
 * 200 workers for 20 resources, so that nearly everybody waits. generic-pool is measured twice, as it is by default
 * and with `acquireTimeoutMillis`, which ours has always; tarn cannot be had without. Before any ratio counts, all of
 * them lend in the same order, never one resource to two, and end with nothing lent.
 *
 * @module
 */
import genericPool from "generic-pool";
import { Pool as TarnPool } from "tarn";
import { Pool } from "../../lib/systems/pool/pool.ts";
import { compare, save } from "./paired.ts";

const NAME = "week-01-pool";
const RESOURCES = 20;
const WORKERS = 200;

interface Resource {
  id: number;
  isLent: boolean;
}

/** One of the pools, as a worker uses it. */
interface Contestant {
  acquire(): Promise<unknown>;
  release(lease: unknown): void;
  resourceOf(lease: unknown): Resource;
  lent(): number;
}

function creator(): () => Promise<Resource> {
  let id = 0;
  return () => Promise.resolve({ id: id++, isLent: false });
}

function ours(): Contestant {
  const pool = new Pool({ create: creator(), max: RESOURCES, timeoutMs: 1000 });
  type Lease = Awaited<ReturnType<typeof pool.acquire>>;
  return {
    acquire: () => pool.acquire(),
    release: (lease) => (lease as Lease).release(),
    resourceOf: (lease) => (lease as Lease).resource,
    lent: () => pool.stats().inUse,
  };
}

function generic(options: { acquireTimeoutMillis?: number }): Contestant {
  const factory = { create: creator(), destroy: () => Promise.resolve() };
  const pool = genericPool.createPool(factory, { max: RESOURCES, fifo: true, ...options });
  return {
    acquire: () => pool.acquire(),
    release: (resource) => void pool.release(resource as Resource),
    resourceOf: (resource) => resource as Resource,
    lent: () => pool.borrowed,
  };
}

function tarn(): Contestant {
  const pool = new TarnPool<Resource>({
    create: creator(),
    destroy: () => {},
    min: 0,
    max: RESOURCES,
    acquireTimeoutMillis: 1000,
  });
  return {
    acquire: () => pool.acquire().promise,
    release: (resource) => void pool.release(resource as Resource),
    resourceOf: (resource) => resource as Resource,
    lent: () => pool.numUsed(),
  };
}

/** The order in which 60 callers are lent something, while what is lent is given back one by one. */
async function check(name: string, contestant: Contestant): Promise<void> {
  const order: number[] = [];
  const lent: unknown[] = [];
  const callers = Array.from({ length: 60 }, async (_, caller) => {
    const lease = await contestant.acquire();
    const resource = contestant.resourceOf(lease);
    if (resource.isLent) throw new Error(`Cannot compare: ${name} lent one resource to two`);
    resource.isLent = true;
    order.push(caller);
    lent.push(lease);
  });
  for (let given = 0; given < 60; given++) {
    for (let tries = 0; lent.length === 0 && tries < 1000; tries++) {
      await new Promise((done) => setTimeout(done, 0));
    }
    const lease = lent.shift();
    contestant.resourceOf(lease).isLent = false;
    contestant.release(lease);
  }
  await Promise.all(callers);
  await new Promise((done) => setTimeout(done, 1));
  const isFifo = order.every((caller, place) => caller === place);
  if (isFifo && contestant.lent() === 0) return;
  throw new Error(`Cannot compare: ${name} must serve in order and get all back: ${order}`);
}

/** Pairs of acquire and release a second. */
async function rate(contestant: Contestant, workers: number, pairs: number): Promise<number> {
  let left = pairs;
  const startMs = performance.now();
  await Promise.all(Array.from({ length: workers }, async () => {
    while (left-- > 0) contestant.release(await contestant.acquire());
  }));
  return pairs / (performance.now() - startMs) * 1000;
}

/** Runs all comparisons; about half a minute. */
export async function main(): Promise<void> {
  const peers: [name: string, make: () => Contestant, pairs: number][] = [
    ["generic-pool 3.9.0", () => generic({}), 300_000],
    ["generic-pool 3.9.0 with timeouts", () => generic({ acquireTimeoutMillis: 1000 }), 60_000],
    ["tarn 3.1.2", tarn, 60_000],
  ];
  await check("ours", ours());
  for (const [name, make] of peers) await check(name, make());
  const mine = ours();
  const comparisons = [];
  for (const workers of [1, WORKERS]) {
    for (const [peer, make, pairs] of peers) {
      const theirs = make();
      const metric = workers === 1
        ? "acquire+release/s"
        : `acquire+release/s-${WORKERS}-on-${RESOURCES}`;
      comparisons.push(
        await compare(NAME, {
          metric,
          peer,
          ours: () => rate(mine, workers, 600_000),
          theirs: () => rate(theirs, workers, pairs),
        }),
      );
    }
  }
  await save(NAME, comparisons);
}

if (import.meta.main) await main();
