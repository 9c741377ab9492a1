/**
 * A writer in a process of its own, to be killed in the middle of its work.
 *
 * Writes a seeded trace under one policy and prints a line of JSON for each hundred acknowledged writes, so that the
 * killer knows what was promised. At the end it flushes and prints its totals.
 *
 * @module
 */
import { Redis } from "ioredis";
import { closeClient, openClient } from "../../services/postgres_client.ts";
import { integer, stream } from "../../sim/random.ts";
import { PostgresStore } from "./postgres_store.ts";
import { writeAround, writeBack, writeThrough } from "./write_policy.ts";

export type PolicyName = "through" | "around" | "back" | "back + journal";

export interface WriterOptions {
  policy: PolicyName;
  redisUrl: string;
  prefix: string;
  databaseUrl: string;
  writes: number;
  /** Share of writes that go to few keys. */
  overwrite: number;
  flushMs: number;
}

/** A line that the writer prints. */
export interface WriterLine {
  acknowledged: number;
  /** Percentiles of all writes so far. */
  p50Ms: number;
  p99Ms: number;
  rows: number;
  done: boolean;
}

const HOT_KEYS = 200;

/** The key of the n-th write: one of a few hot ones, or one of its own. */
export function keyOf(n: number, overwrite: number): string {
  const random = stream(n, "write");
  return random() < overwrite ? `hot:${integer(random, HOT_KEYS)}` : `cold:${n}`;
}

/** Starts a writer; `kill` ends it as a crash does. */
export function startWriter(options: WriterOptions): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function write(options: WriterOptions): Promise<void> {
  const redis = new Redis(options.redisUrl, { keyPrefix: options.prefix });
  const sql = openClient(options.databaseUrl);
  const database = await PostgresStore.open(sql);
  const shared = { redis, database };
  const policy = {
    "through": () => writeThrough(shared),
    "around": () => writeAround(shared),
    "back": () => writeBack(shared),
    "back + journal": () => writeBack({ ...shared, journal: "journal" }),
  }[options.policy]();
  const tookMs: number[] = [];
  const say = (done: boolean) => {
    const sorted = tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
    const line: WriterLine = {
      acknowledged: tookMs.length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      rows: database.stats.rows,
      done,
    };
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
  };

  let flushedMs = performance.now();
  for (let n = 0; n < options.writes; n++) {
    const startMs = performance.now();
    await policy.write(keyOf(n, options.overwrite), `${n}`);
    const nowMs = performance.now();
    tookMs.push(nowMs - startMs);
    if ((n + 1) % 100 === 0) say(false);
    if (nowMs - flushedMs < options.flushMs) continue;
    await policy.flush();
    flushedMs = performance.now();
  }
  await policy.flush();
  say(true);
  redis.disconnect();
  await closeClient(sql);
}

if (import.meta.main) await write(JSON.parse(Deno.args[0]));
