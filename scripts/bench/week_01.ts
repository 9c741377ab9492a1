/**
 * Week 1 against what its users would pick instead.
 *
 * - detector: beats a second of one thread, against a key with a time to live in Redis, npm
 *   timer-wheel (which loses timers: see the count that it finds) and a bare loop of stores;
 * - expiry: one tick over 10 million deadlines, against a full scan;
 * - fan-out: presence changes delivered to 20 watchers a processor second, and bytes a change,
 *   against npm socket.io with a room a user.
 *
 * @module
 */
import { beatInRedis } from "./peers/redis_beats.ts";
import { ReschedulingTimerWheel } from "timer-wheel";
import { shuffle, stream } from "../../lib/sim/random.ts";
import { TimingWheel } from "../../lib/structures/timing_wheel.ts";
import { compare, type Comparison, report, save } from "./paired.ts";
import { print } from "../terminal.ts";
import { redis } from "../../lib/services/redis.ts";
import { FanoutBench, ours, type Round, socketIo } from "./peers/fanout.ts";

const NAME = "week-01";
const DEVICES = 100_000; // one gateway
const TICKS = 60; // of 250 ms

/** Devices that beat in each tick, every sixth; a hundredth falls silent on the way. */
function beats(): Int32Array[] {
  const order = shuffle(stream(1, "beats"), Array.from({ length: DEVICES }, (_, id) => id));
  return Array.from({ length: TICKS }, (_, tick) =>
    Int32Array.from(
      order.filter((id, i) => i % 6 === tick % 6 && (tick < 20 || id % 100 > 0)),
    ));
}

async function detector(): Promise<Comparison[]> {
  const trace = beats();
  const total = trace.reduce((sum, ids) => sum + ids.length, 0);
  const expired: Record<string, number[]> = {};

  const ours = () => {
    const wheel = new TimingWheel(DEVICES, { slots: 64 });
    const gone: number[] = [];
    const startMs = performance.now();
    for (const ids of trace) {
      const deadline = wheel.now + 18;
      for (let i = 0; i < ids.length; i++) wheel.schedule(ids[i], deadline);
      wheel.advance(wheel.now + 1, (id) => gone.push(id));
    }
    const seconds = (performance.now() - startMs) / 1000;
    // Untimed: the devices that live stop here, and those that fell silent must all be found.
    for (let id = 0; id < DEVICES; id++) if (id % 100 > 0) wheel.cancel(id);
    wheel.advance(wheel.now + 63, (id) => gone.push(id));
    expired.ours = gone;
    return total / seconds;
  };

  const theirs = () => {
    const realNow = Date.now;
    let nowMs = 0;
    Date.now = () => nowMs; // its clock; ours is an argument
    try {
      const wheel = new ReschedulingTimerWheel<number>();
      const gone: number[] = [];
      const startMs = performance.now();
      for (const ids of trace) {
        for (let i = 0; i < ids.length; i++) wheel.schedule(ids[i], 4500);
        nowMs += 250;
        for (const id of wheel.advance()) gone.push(id);
      }
      const seconds = (performance.now() - startMs) / 1000;
      for (let id = 0; id < DEVICES; id++) if (id % 100 > 0) wheel.unschedule(id);
      for (let second = 0; second < 180; second++) {
        nowMs += 1000; // it finds some of them a minute late
        for (const id of wheel.advance()) gone.push(id);
      }
      expired.theirs = gone;
      return total / seconds;
    } finally {
      Date.now = realNow;
    }
  };

  const deadlines = new Uint32Array(DEVICES);
  const bareLoop = () => {
    const startMs = performance.now();
    for (let tick = 0; tick < TICKS; tick++) {
      const ids = trace[tick];
      for (let i = 0; i < ids.length; i++) deadlines[ids[i]] = tick + 18;
    }
    return total / ((performance.now() - startMs) / 1000);
  };

  await using cache = await redis({ own: true });
  const { hostname, port } = new URL(cache.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  // A tenth of the trace is enough for it.
  const inRedis = () => beatInRedis(connection, trace.slice(0, TICKS / 10), 60_000);

  const line = { metric: "detector-beats/s", ours };
  const comparisons = [
    await compare(NAME, { ...line, peer: `Redis ${cache.version} PSETEX`, theirs: inRedis }),
    await compare(NAME, { ...line, peer: "timer-wheel 1.0.0", theirs }),
    await compare(NAME, { ...line, peer: "bare loop of stores", theirs: bareLoop }),
  ];
  const silent = (ids: number[]) => new Set(ids.filter((id) => id % 100 === 0)).size;
  const [found, foundByPeer] = [silent(expired.ours), silent(expired.theirs)];
  if (found !== DEVICES / 100 || expired.ours.length !== found) {
    throw new Error(`Cannot compare detectors: ours found ${found} of ${DEVICES / 100} silent`);
  }
  if (await cache.client.dbsize() !== DEVICES) throw new Error("Cannot compare: Redis lost beats");
  print(
    `${NAME} silent devices found ours=${found} timer-wheel=${foundByPeer} of ${DEVICES / 100}`,
  );
  return comparisons;
}

async function expiryTick(): Promise<Comparison> {
  const devices = 10_000_000;
  const random = stream(1, "expiry");
  const wheel = new TimingWheel(devices, { slots: 64 });
  const lastBeat = new Uint16Array(devices);
  for (let id = 0; id < devices; id++) wheel.schedule(id, 13 + id % 6);
  let silent = 0;
  const beat = () => {
    const tick = wheel.now;
    for (let i = 0; i < devices / 6; i++) {
      const id = Math.floor(random() * devices);
      wheel.schedule(id, tick + 18);
      lastBeat[id] = tick + 18;
    }
  };
  const ours = () => {
    beat();
    const startMs = performance.now();
    wheel.advance(wheel.now + 1, (id) => wheel.schedule(id, wheel.now + 18));
    return performance.now() - startMs;
  };
  const scan = () => {
    const now = wheel.now;
    const startMs = performance.now();
    for (let id = 0; id < devices; id++) if (lastBeat[id] === now) silent++;
    return performance.now() - startMs;
  };
  for (let tick = 0; tick < 18; tick++) ours();
  const comparison = await compare(NAME, {
    metric: "expiry-tick-of-10M-ms",
    peer: "full scan of a Uint16Array",
    ours,
    theirs: scan,
    rounds: 9,
  });
  if (silent < 0) throw new Error("unreachable: keeps the scan from being optimised away");
  return comparison;
}

async function fanout(windowMs: number): Promise<Comparison[]> {
  const changes = 2000;
  const gateway = await FanoutBench.start(ours(windowMs));
  const peer = await FanoutBench.start(socketIo);
  try {
    await gateway.round(changes);
    await peer.round(changes);
    const rounds: { ours: Round; theirs: Round }[] = [];
    for (let round = 0; round < 5; round++) {
      rounds.push({ ours: await gateway.round(changes), theirs: await peer.round(changes) });
    }
    const of = (metric: "deliveriesPerCpuSecond" | "bytesPerDelivery", label: string) =>
      report(NAME, {
        metric: `${label}-${windowMs}ms-window`,
        peer: "socket.io 4.8.4 rooms",
        results: rounds.map((round) => ({
          ours: round.ours[metric],
          theirs: round.theirs[metric],
        })),
      });
    return [
      of("deliveriesPerCpuSecond", "fanout-deliveries/cpu-s"),
      of("bytesPerDelivery", "fanout-bytes/change"),
    ];
  } finally {
    await gateway.stop();
    await peer.stop();
  }
}

/** Runs all comparisons of week 1; about two minutes. */
export async function main(): Promise<void> {
  await save(NAME, [
    ...await detector(),
    await expiryTick(),
    ...await fanout(100), // 1 change a frame: each watcher sees 10 a second
    ...await fanout(1000), // 10 changes a frame
  ]);
}

if (import.meta.main) await main();
