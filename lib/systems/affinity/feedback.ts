/**
 * Clicks and hides as they happen, as counters that fade: features of the last second, in Redis.
 *
 * An event adds its weight to a counter of viewer and entity, which halves every half-life. One script does all of it in
 * one step: it refuses an offset that was applied and an event whose id was seen, lets older events come late as if they
 * had come in time, up to a limit, and notes what the viewer hid. So a topic can be read again from the start, and the
 * counters stay what they are.
 *
 * Simplified: one Redis; in a cluster the keys of a viewer would need one hash tag, and offsets a place beside each.
 *
 * @example
 * ```ts
 * import { decayedSum } from "lib/systems/affinity/feedback.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decayedSum([{ weight: 1, atMs: 0 }, { weight: 1, atMs: 1000 }], { halfLifeMs: 1000, atMs: 1000 }), 1.5);
 * ```
 *
 * @module
 */
import type { Redis } from "ioredis";
import type { Consumer } from "kafkajs";

export interface Feedback {
  eventId: string;
  viewerId: number;
  entityId: number;
  action: "click" | "follow" | "hide";
  weight: number;
  atMs: number;
  context?: string;
}

export interface FeedbackOptions {
  halfLifeMs?: number;
  /** How much older than the newest event of a counter one may be. */
  lateMs?: number;
}

export type Outcome = "applied" | "replayed" | "duplicate" | "late";

/** No event counts more than this, in either direction. */
export const MOST_WEIGHT = 5;
/** How long an event's id is remembered. */
const SEEN_SECONDS = 3600;

// Numbers go back and forth as text of 17 digits, which is exact.
const SCRIPT = `
local last = redis.call('HGET', KEYS[1], ARGV[1])
if last and tonumber(ARGV[2]) <= tonumber(last) then return 'replayed' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if not redis.call('SET', KEYS[2], 1, 'NX', 'EX', ARGV[8]) then return 'duplicate' end
local weight, at, half = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local held = redis.call('HGET', KEYS[3], ARGV[3])
local value, newest = 0, at
if held then
  local split = string.find(held, ' ')
  value, newest = tonumber(string.sub(held, 1, split - 1)), tonumber(string.sub(held, split + 1))
  if newest - at > tonumber(ARGV[7]) then return 'late' end
end
if at >= newest then
  value = value * 2 ^ ((newest - at) / half) + weight
  newest = at
else
  value = value + weight * 2 ^ ((at - newest) / half)
end
redis.call('HSET', KEYS[3], ARGV[3], string.format('%.17g %.17g', value, newest))
if ARGV[9] == 'hide' then redis.call('SADD', KEYS[4], ARGV[3]) end
return 'applied'`;

/** What a counter is at `atMs`, computed from all its events: the offline side of the same feature. */
export function decayedSum(
  events: readonly { weight: number; atMs: number }[],
  { halfLifeMs, atMs }: { halfLifeMs: number; atMs: number },
): number {
  return events.reduce(
    (sum, one) => sum + clipped(one.weight) * 2 ** ((one.atMs - atMs) / halfLifeMs),
    0,
  );
}

/** A weight that is believed. */
export function clipped(weight: number): number {
  if (Number.isNaN(weight)) {
    throw new RangeError("Cannot take feedback: weight must be a number: received NaN");
  }
  return Math.max(-MOST_WEIGHT, Math.min(MOST_WEIGHT, weight));
}

export class FeedbackStream {
  readonly halfLifeMs: number;
  readonly counts: Record<Outcome, number> = { applied: 0, replayed: 0, duplicate: 0, late: 0 };
  #client: Redis;
  #lateMs: number;

  constructor(client: Redis, { halfLifeMs = 12 * 3600e3, lateMs = 600e3 }: FeedbackOptions = {}) {
    this.#client = client;
    this.halfLifeMs = halfLifeMs;
    this.#lateMs = lateMs;
  }

  /** Applies an event once, whoever sends it how often. */
  async apply(
    event: Feedback,
    { partition, offset }: { partition: number; offset: number | string },
  ): Promise<Outcome> {
    const { viewerId, entityId, eventId, action, atMs } = event;
    const keys = ["offsets", `seen:${eventId}`, `counters:${viewerId}`, `hidden:${viewerId}`];
    const weight = action === "hide" ? -Math.abs(clipped(event.weight)) : clipped(event.weight);
    const values = [
      partition,
      `${offset}`,
      entityId,
      weight,
      atMs,
      this.halfLifeMs,
      this.#lateMs,
      SEEN_SECONDS,
      action,
    ];
    const outcome = await this.#client.eval(SCRIPT, keys.length, ...keys, ...values) as Outcome;
    this.counts[outcome]++;
    return outcome;
  }

  /** The viewer's counters as they are at `atMs`. */
  async counters(viewerId: number, atMs: number): Promise<Map<number, number>> {
    const held = await this.#client.hgetall(`counters:${viewerId}`);
    return new Map(
      Object.entries(held).map(([entity, text]) => {
        const [value, newest] = text.split(" ").map(Number);
        return [Number(entity), value * 2 ** ((newest - atMs) / this.halfLifeMs)];
      }),
    );
  }

  /** What the viewer asked never to see again. */
  async hidden(viewerId: number): Promise<Set<number>> {
    return new Set((await this.#client.smembers(`hidden:${viewerId}`)).map(Number));
  }

  /** Reads a topic until the consumer stops; offsets are committed behind what Redis holds. */
  async run(consumer: Consumer, topic: string): Promise<void> {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        await this.apply(JSON.parse(message.value!.toString()), {
          partition,
          offset: message.offset,
        });
      },
    });
  }
}
