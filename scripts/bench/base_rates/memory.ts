/**
 * Memory and processor: a Map, a fetch that no cache holds, a copy, a hash.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { secondsOf } from "./rounds.ts";

/** What is returned, so that the compiler cannot drop the work. */
let sink = 0;

/** Seconds of a look-up of a string key in a Map of 100,000, in an order that no cache likes. */
export function mapLookup(): Promise<number> {
  const keys = Array.from({ length: 100_000 }, (_, i) => `user:${i * 7919 % 100_000}`);
  const map = new Map(keys.map((key, i) => [key, i]));
  return secondsOf((times) => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += map.get(keys[i % 100_000])!;
    sink += sum;
  });
}

/**
 * Seconds of one fetch from main memory: a chain through 128 MiB, each entry the index of the next.
 *
 * The chain is a full-period linear congruential sequence, which visits every entry before it repeats
 * and which prefetchers do not follow.
 */
export function memoryReference(): Promise<number> {
  const entries = 2 ** 25;
  const chain = new Int32Array(entries);
  for (let i = 0; i < entries; i++) {
    chain[i] = (Math.imul(i, 1_664_525) + 1_013_904_223) & entries - 1;
  }
  let at = 0;
  return secondsOf((times) => {
    let entry = at;
    for (let i = 0; i < times; i++) entry = chain[entry];
    at = entry;
    sink += at;
  });
}

/** Bytes per second of a copy of 64 MiB. */
export async function memoryRead(): Promise<number> {
  const from = new Uint8Array(64 * 2 ** 20).fill(1);
  const to = new Uint8Array(from.length);
  const seconds = await secondsOf((times) => {
    for (let i = 0; i < times; i++) to.set(from);
  });
  return from.length / seconds;
}

/** Bytes per second of SHA-256 over blocks of 1 MiB. */
export async function sha256(): Promise<number> {
  const block = new Uint8Array(2 ** 20).fill(7);
  const seconds = await secondsOf((times) => {
    for (let i = 0; i < times; i++) sink += createHash("sha256").update(block).digest()[0];
  });
  return block.length / seconds;
}
