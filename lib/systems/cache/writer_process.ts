/**
 * A writer in a process of its own, to be killed in the middle of its work.
 *
 * Writes a seeded trace under one policy and prints a line of JSON for each hundred acknowledged writes, so that the
 * killer knows what was promised. At the end it waits, with what is still dirty, for its end.
 *
 * @module
 */
import { Redis } from "ioredis";
import { openClient } from "../../services/postgres_client.ts";
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
  /** Writes from one flush to the next. */
  flushEvery: number;
}

/** A line that the writer prints. */
export interface WriterLine {
  acknowledged: number;
  /** Percentiles of all writes so far. */
  p50Ms: number;
  p99Ms: number;
  rows: number;
}

const HOT_KEYS = 50;

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
  const say = () => {
    const sorted = tookMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
    const line: WriterLine = {
      acknowledged: tookMs.length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      rows: database.stats.rows,
    };
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
  };

  for (let n = 0; n < options.writes; n++) {
    const startMs = performance.now();
    await policy.write(keyOf(n, options.overwrite), `${n}`);
    tookMs.push(performance.now() - startMs);
    if ((n + 1) % options.flushEvery === 0) await policy.flush();
    if ((n + 1) % 100 === 0) say();
  }
  await new Promise(() => setInterval(() => {}, 1000)); // dirty, until it is killed
}

if (import.meta.main) await write(JSON.parse(Deno.args[0]));
