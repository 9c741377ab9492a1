/**
 * Round trips on this machine: over loopback, and to a Redis server.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { redis } from "../../../lib/services/redis.ts";
import { secondsOf } from "./rounds.ts";

/** Seconds of one byte there and back over TCP on loopback, to another thread. */
export async function loopbackRoundTrip(): Promise<number> {
  const worker = new Worker(new URL("./echo.ts", import.meta.url), { type: "module" });
  try {
    const port = await new Promise<number>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
    });
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    const byte = new Uint8Array(1);
    return await secondsOf(async (times) => {
      for (let i = 0; i < times; i++) {
        await connection.write(byte);
        await connection.read(byte);
      }
    });
  } finally {
    worker.terminate();
  }
}

/** What a Redis server does for this client, in seconds and commands per second. */
export interface RedisRates {
  readonly description: string;
  readonly roundTrip: number;
  readonly commands: number;
  readonly pipelined: number;
}

/**
 * Measures a Redis server: one command after the other, 50 connections at once, 16 in a pipeline.
 *
 * @throws {Error} When there is no Redis, with the ways to get one.
 */
export async function redisRates(): Promise<RedisRates> {
  await using service = await redis();
  const { client, description } = service;
  const roundTrip = await secondsOf(async (times) => {
    for (let i = 0; i < times; i++) await client.set("bench", "xxx");
  });
  const clients = await Promise.all(Array.from({ length: 50 }, () => service.connect()));
  const together = await secondsOf((times) =>
    Promise.all(clients.map((each) => setRepeatedly(each, times)))
  );
  const pipeline = await secondsOf(async (times) => {
    for (let i = 0; i < times; i++) await pipelineOf(client, 16);
  });
  return { description, roundTrip, commands: clients.length / together, pipelined: 16 / pipeline };
}

async function setRepeatedly(client: Redis, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await client.set("bench", "xxx");
}

function pipelineOf(client: Redis, commands: number): Promise<unknown> {
  const pipeline = client.pipeline();
  for (let i = 0; i < commands; i++) pipeline.set("bench", "xxx");
  return pipeline.exec();
}
