/**
 * One check for every version of the reducer and of the fan-out, over seeded random histories.
 *
 * A history is what several devices of a few users say in several sessions: what users set by hand,
 * what apps say, what heartbeats tell, with overrides that end. It is replayed in many orders that
 * keep each session's own, with duplicates. Whatever the order, the users must be in the same state
 * at the time of the last event, and no change may be told twice. `checkFanout` plays changes to watchers and demands that
 * each sees, within its window, what the store holds.
 *
 * @example
 * ```ts
 * import { checkReplays } from "lib/systems/presence/check.ts";
 * import { newUser, reduce, refresh, type User } from "lib/systems/presence/reducer.ts";
 *
 * await checkReplays(() => {
 *   const users = new Map<string, User>();
 *   return {
 *     apply(event) {
 *       const result = reduce(users.get(event.userId) ?? newUser(event.userId), event);
 *       users.set(event.userId, result.user);
 *       return result;
 *     },
 *     settle: (nowMs) => [...users.values()].flatMap((user) => {
 *       const result = refresh(user, nowMs);
 *       users.set(user.userId, result.user);
 *       return result.diff ?? [];
 *     }),
 *     state: (userId) => users.get(userId)?.state ?? "offline",
 *   };
 * }, { seeds: 5 });
 * ```
 *
 * @module
 */
import { integer, pick, type Random, stream } from "../../sim/random.ts";
import { type PresenceEvent, type State, STATES } from "./event.ts";
import { Fanout, type FanoutOptions } from "./fanout.ts";
import { decodeFrame } from "./frame.ts";
import type { Diff } from "./reducer.ts";

/** Something that turns events into states. */
export interface Presences {
  apply(event: PresenceEvent): { diff?: Diff } | Promise<{ diff?: Diff }>;
  /** Lets everything end that has ended by `nowMs`; the changes that this makes. */
  settle(nowMs: number): Diff[] | Promise<Diff[]>;
  state(userId: string): State | Promise<State>;
}

const USERS = ["alice", "bob"];

/** What the devices of two users say in 60 events, in order of time. */
export function randomHistory(random: Random): PresenceEvent[] {
  const events: PresenceEvent[] = [];
  const sequences = new Map<string, number>();
  let atMs = 1000;
  for (let i = 0; i < 60; i++) {
    atMs += 1 + integer(random, 500);
    const userId = pick(random, USERS);
    const deviceId = pick(random, ["phone", "laptop"]);
    const sessionId = 1 + integer(random, 1 + i / 25); // later events have newer sessions
    const source = pick(random, ["manual", "app", "inferred", "inferred"] as const);
    const key = [userId, deviceId, sessionId, source].join();
    const seq = sequences.get(key) ?? 0;
    sequences.set(key, seq + 1);
    const states = source === "inferred"
      ? ["online", "offline"] as const
      : [...STATES, "none"] as const;
    const state = pick<State | "none">(random, states);
    const event = { userId, deviceId, sessionId, seq, state, source, atMs, traceId: `t${i}` };
    const ends = source === "manual" ? random() < 0.5 : random() < 0.1;
    events.push(ends ? { ...event, expiresMs: atMs + 1 + integer(random, 4000) } : event);
  }
  return events;
}

/** The same events in another order that keeps each session's, about a third of them twice. */
export function reorder(events: readonly PresenceEvent[], random: Random): PresenceEvent[] {
  const sessions = new Map<string, PresenceEvent[]>();
  for (const event of events) {
    const key = [event.userId, event.deviceId, event.sessionId].join();
    sessions.set(key, [...sessions.get(key) ?? [], event]);
  }
  const queues = [...sessions.values()];
  const result: PresenceEvent[] = [];
  while (queues.length > 0) {
    const queue = pick(random, queues);
    result.push(queue.shift()!);
    if (queue.length === 0) queues.splice(queues.indexOf(queue), 1);
    if (random() < 0.35) result.push(pick(random, result));
  }
  return result;
}

/** Throws when a replay ends differently, or tells a change twice; says with which seed. */
export async function checkReplays(
  make: () => Presences | Promise<Presences>,
  { seeds, orders = 4, firstSeed = 0 }: { seeds: number; orders?: number; firstSeed?: number },
): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const random = stream(seed, "history");
    const history = randomHistory(random);
    let expected: string | undefined;
    for (let order = 0; order <= orders; order++) {
      const presences = await make();
      const last = new Map<string, Diff>();
      const tell = (diff: Diff) => {
        const { state, version } = last.get(diff.userId) ?? { state: "offline", version: 0 };
        if (diff.state === state || diff.version <= version) {
          throw new Error(`Seed ${seed}: ${diff.userId} is told ${diff.state} twice`);
        }
        last.set(diff.userId, diff);
      };
      for (const event of order === 0 ? history : reorder(history, random)) {
        const { diff } = await presences.apply(event);
        if (diff) tell(diff);
      }
      (await presences.settle(history.at(-1)!.atMs)).forEach(tell);
      const states = await Promise.all(USERS.map((userId) => presences.state(userId)));
      const told = USERS.map((userId) => last.get(userId)?.state ?? "offline");
      expected ??= states.join();
      if (states.join() !== expected) {
        throw new Error(`Seed ${seed}, order ${order}: ends in ${states}, not in ${expected}`);
      }
      if (told.join() !== expected) {
        throw new Error(`Seed ${seed}, order ${order}: told ${told}, holds ${expected}`);
      }
    }
  }
}

/** Throws when a watcher's view differs from the truth for longer than `windowMs` and a flush. */
export function checkFanout(options: FanoutOptions, { seeds }: { seeds: number }): void {
  const flushMs = 10;
  for (let seed = 0; seed < seeds; seed++) {
    const random = stream(seed, "fanout");
    const fanout = new Fanout(options);
    const truth = new Map<string, Diff>();
    const changedMs = new Map<string, number>();
    const watchers = Array.from({ length: 5 }, () => {
      const view = new Map<string, State>();
      const subscriber = fanout.open({
        bufferedBytes: () => 0,
        send(frame) {
          for (const { userId, state } of decodeFrame(frame).changes) {
            if (view.get(userId) === state) {
              throw new Error(`Seed ${seed}: ${userId} is told ${state} twice`);
            }
            view.set(userId, state);
          }
        },
      });
      fanout.subscribe(subscriber, USERS, 0);
      return view;
    });
    for (let nowMs = 0; nowMs < 5000; nowMs += flushMs) {
      for (const userId of USERS) {
        if (nowMs > 0 && random() > 0.02) continue;
        const state = nowMs > 0 ? pick(random, STATES) : "offline";
        if (state === truth.get(userId)?.state) continue;
        const version = (truth.get(userId)?.version ?? 0) + 1;
        const diff = {
          userId,
          state,
          sinceMs: nowMs,
          version,
          source: "app",
          atMs: nowMs,
        } as const;
        truth.set(userId, diff);
        changedMs.set(userId, nowMs);
        if (nowMs > 0) fanout.publish(diff, nowMs);
        else fanout.learn(diff, nowMs);
      }
      fanout.flush(nowMs);
      for (const view of watchers) {
        for (const [userId, { state }] of truth) {
          const settled = nowMs >= changedMs.get(userId)! + options.windowMs + flushMs;
          if (settled && view.get(userId) !== state) {
            throw new Error(
              `Seed ${seed}, ${nowMs} ms: ${userId} is ${state}, shown ${view.get(userId)}`,
            );
          }
        }
      }
    }
    fanout.flush(Infinity);
    const { changes, pushed, suppressed, merged, dropped } = fanout.stats;
    if (pushed + suppressed + merged + dropped !== changes) {
      throw new Error(`Seed ${seed}: ${JSON.stringify(fanout.stats)} does not add up`);
    }
  }
}
