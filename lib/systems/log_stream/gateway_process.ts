/**
 * A gateway in a process of its own, fed from Kafka or by itself: one that can be killed, and measured alone.
 *
 * With brokers it reads a topic from its beginning, as every gateway would. Without, it makes lines at a steady rate, for load
 * tests. On its standard output it says where it listens, and every second what it uses.
 *
 * @module
 */
import { Kafka, logLevel } from "kafkajs";
import process from "node:process";
import "../../services/kafka_mends.ts";
import { StreamGateway } from "../stream_gateway/gateway.ts";
import { MemorySource } from "../stream_gateway/source.ts";
import type { SlowPolicy } from "../stream_gateway/viewer.ts";
import { LogFeed, toLine } from "./feed.ts";
import type { NumberedRecord } from "./record.ts";
import { tokenKey, verifyToken } from "./token.ts";

export interface GatewayProcessOptions {
  tokenSecret: string;
  cursorSecret: string;
  /** Deployments that exist before their first line. */
  deployments: string[];
  port?: number;
  flushMs?: number;
  viewerBytes?: number;
  slow?: SlowPolicy;
  kafka?: { brokers: string[]; topic: string; groupId: string };
  /** Lines of the first deployment, once it is told to begin. */
  generate?: { linesPerSecond: number; lineBytes: number; lines: number };
}

/** What it used since it started. */
export interface GatewayUse {
  viewers: number;
  rssBytes: number;
  /** Waiting for slow viewers, now and at most so far. */
  bufferedBytes: number;
  mostBufferedBytes: number;
  cpuMs: number;
  /** Delay of a timer of 10 ms: how long the event loop was busy. */
  loopDelayMs: { p99: number; max: number };
}

const NO_USE: GatewayUse = {
  viewers: 0,
  rssBytes: 0,
  bufferedBytes: 0,
  mostBufferedBytes: 0,
  cpuMs: 0,
  loopDelayMs: { p99: 0, max: 0 },
};

/** A running process. */
export interface GatewayProcess {
  url: string;
  port: number;
  /** What it said last. */
  use(): GatewayUse;
  /** Makes it send the lines that it was told to generate. */
  begin(): void;
  kill(): Promise<void>;
}

/** Starts one; resolves when it listens. */
export async function startGateway(options: GatewayProcessOptions): Promise<GatewayProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const listening = Promise.withResolvers<number>();
  let use = NO_USE;
  const read = async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const said = JSON.parse(line);
        if (said.port) listening.resolve(said.port);
        else use = said;
      }
    }
    listening.reject(new Error("Cannot start gateway: its process ended"));
  };
  read().catch(listening.reject);
  listening.promise.catch(() => {});
  const port = await listening.promise;
  const input = child.stdin.getWriter();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    use: () => use,
    begin: () => void input.write(new TextEncoder().encode("begin\n")),
    async kill() {
      await input.abort().catch(() => {});
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

async function main(options: GatewayProcessOptions): Promise<void> {
  const source = new MemorySource(), key = await tokenKey(options.tokenSecret);
  for (const deployment of options.deployments) source.open(deployment);
  const { port, flushMs, viewerBytes, slow, cursorSecret, kafka } = options;
  if (kafka) await consume(kafka, new LogFeed(source, Date.now));
  const gateway = await StreamGateway.start({
    source,
    nowMs: Date.now,
    cursorSecret,
    port,
    flushMs,
    viewerBytes,
    slow,
    authorise: async (token) => {
      const { tenant, exp } = await verifyToken(token, key, Date.now());
      return { tenant, expiresMs: exp * 1000 };
    },
    canRead: (tenant, deployment) => deployment.startsWith(`${tenant}.`),
  });
  say({ port: gateway.port });
  report(gateway);
  for await (const _ of Deno.stdin.readable) generate(source, options);
}

async function consume(
  { brokers, topic, groupId }: { brokers: string[]; topic: string; groupId: string },
  feed: LogFeed,
): Promise<void> {
  const client = new Kafka({ brokers, clientId: "gateway", logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 50, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false, // every gateway reads all of it, each time it starts
    eachMessage: ({ message }) => Promise.resolve(feed.apply(message.value!)),
  });
}

function generate(source: MemorySource, { deployments, generate }: GatewayProcessOptions): void {
  if (generate === undefined) return;
  const { linesPerSecond, lineBytes, lines } = generate;
  const startMs = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.min(lines, Math.floor((performance.now() - startMs) / 1000 * linesPerSecond));
    const fresh: NumberedRecord[] = [];
    for (; next < due; next++) {
      fresh.push({
        deploymentId: deployments[0],
        stepId: "build",
        timestamp: Date.now(),
        level: "info",
        message: `line ${next} `.padEnd(Math.max(10, lineBytes - 160), "x"),
        redactionState: "clean",
        agentId: "generator",
        seq: next,
        offset: next,
      });
    }
    const nowMs = Date.now();
    if (fresh.length > 0) source.append(deployments[0], fresh.map((one) => toLine(one, nowMs)));
    if (next >= lines) clearInterval(timer);
  }, 10);
}

function report(gateway: StreamGateway): void {
  const delays: number[] = [];
  let lastMs = performance.now(), mostBufferedBytes = 0;
  setInterval(() => {
    const nowMs = performance.now();
    delays.push(Math.max(0, nowMs - lastMs - 10));
    lastMs = nowMs;
  }, 10);
  setInterval(() => {
    const sorted = delays.toSorted((a, b) => a - b);
    const { bufferedBytes } = gateway;
    mostBufferedBytes = Math.max(mostBufferedBytes, bufferedBytes);
    const { user, system } = process.cpuUsage();
    const use: GatewayUse = {
      viewers: gateway.viewers,
      rssBytes: Deno.memoryUsage().rss,
      bufferedBytes,
      mostBufferedBytes,
      cpuMs: (user + system) / 1000,
      loopDelayMs: {
        p99: sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0,
        max: sorted.at(-1) ?? 0,
      },
    };
    say(use);
  }, 250);
}

function say(what: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(what)}\n`));
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]));
