import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkFanout } from "lib/systems/presence/check.ts";
import type { State } from "lib/systems/presence/event.ts";
import { Fanout, type FanoutOptions } from "lib/systems/presence/fanout.ts";
import { decodeFrame } from "lib/systems/presence/frame.ts";
import { integer, pick, stream } from "lib/sim/random.ts";

/** A fan-out with one watcher of some users who are offline, and what reached the watcher. */
function watched(options: Partial<FanoutOptions>, userIds: string[]) {
  const fanout = new Fanout({ windowMs: 1000, epoch: "k1", ...options });
  const frames: ReturnType<typeof decodeFrame>[] = [];
  const outlet = { buffered: 0, sizes: [0] };
  const subscriber = fanout.open({
    bufferedBytes: () => outlet.buffered,
    send(frame) {
      frames.push(decodeFrame(frame));
      outlet.sizes.push(frame.length);
    },
  });
  const versions = new Map<string, number>();
  const change = (
    userId: string,
    state: State,
    nowMs: number,
    how: "publish" | "learn" = "publish",
  ) => {
    const version = (versions.get(userId) ?? 0) + 1;
    versions.set(userId, version);
    fanout[how]({ userId, state, sinceMs: nowMs, version, source: "app", atMs: nowMs }, nowMs);
  };
  fanout.subscribe(subscriber, userIds, 0);
  for (const userId of userIds) change(userId, "offline", 0, "learn");
  fanout.flush(0);
  frames.length = 0;
  return { fanout, subscriber, frames, outlet, change };
}

for (const windowMs of [0, 100, 1000]) {
  Deno.test(`Fanout: views equal the store within a window of ${windowMs} ms, over 200 seeds`, () => {
    checkFanout({ windowMs, epoch: "k1" }, { seeds: 200 });
  });
}

Deno.test("checkFanout() finds a fan-out that is too slow", () => {
  // A cap of one frame in two seconds cannot keep a window of 100 ms.
  const capped = { windowMs: 100, epoch: "k1", framesPerSecond: 0.5 };
  assertThrows(() => checkFanout(capped, { seeds: 200 }), Error, "shown");
});

Deno.test("Fanout counts every change × watcher once, whatever happens to it", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = stream(seed, "accounting");
    const fanout = new Fanout({ windowMs: 300, epoch: "k1", framesPerSecond: 2 });
    const users = Array.from({ length: 20 }, (_, i) => `user-${i}`);
    let rows = 0;
    const outlets = Array.from({ length: 10 }, () => ({ buffered: 0 }));
    const subscribers = outlets.map((outlet) =>
      fanout.open({
        bufferedBytes: () => outlet.buffered,
        send: (frame) => rows += decodeFrame(frame).changes.length,
      })
    );
    let expected = 0;
    const watching = subscribers.map(() => new Set<string>());
    for (let nowMs = 0, version = 1; nowMs < 10_000; nowMs += 20, version++) {
      const w = integer(random, subscribers.length);
      const userId = pick(random, users);
      if (random() < 0.3) {
        fanout.subscribe(subscribers[w], [userId], nowMs);
        watching[w].add(userId);
      } else if (random() < 0.1) {
        fanout.unsubscribe(subscribers[w], [userId]);
        watching[w].delete(userId);
      }
      if (random() < 0.05) outlets[w].buffered = pick(random, [0, 1e6]);
      const state = pick<State>(random, ["online", "offline"]);
      const changed = pick(random, users);
      fanout.publish(
        { userId: changed, state, sinceMs: nowMs, version, source: "app", atMs: nowMs },
        nowMs,
      );
      expected += watching.filter((ids) => ids.has(changed)).length;
      fanout.flush(nowMs);
    }
    outlets.forEach((outlet) => outlet.buffered = 0);
    for (let nowMs = 10_000; nowMs < 20_000; nowMs += 500) fanout.flush(nowMs);
    const { changes, pushed, suppressed, merged, dropped, snapshot } = fanout.stats;
    assertEquals(changes, expected, `seed ${seed}`);
    assertEquals(pushed + suppressed + merged + dropped, changes, `seed ${seed}`);
    assertEquals(pushed + snapshot, rows, `seed ${seed}`);
    assert(suppressed > 0 && merged > 0 && dropped > 0);
  }
});

Deno.test("Fanout sends nothing for a change that returns within its window", () => {
  const { fanout, frames, change } = watched({}, ["alice"]);
  change("alice", "online", 100);
  change("alice", "offline", 600);
  fanout.flush(1100);
  assertEquals([frames.length, fanout.stats.suppressed], [0, 2]);
});

Deno.test("Fanout sends the last of several changes, one window after the first", () => {
  const { fanout, frames, change } = watched({}, ["alice", "bob"]);
  change("alice", "online", 100);
  change("bob", "away", 900);
  change("alice", "dnd", 1050);
  fanout.flush(1099);
  assertEquals(frames, []);
  fanout.flush(1100);
  assertEquals(frames, [{
    cursor: "k1.5",
    changes: [
      { userId: "alice", state: "dnd", sinceMs: 1050 },
      { userId: "bob", state: "away", sinceMs: 900 },
    ],
  }]);
  assertEquals([fanout.stats.pushed, fanout.stats.merged], [2, 1]);
});

Deno.test("Fanout costs a flapping user at most one push a window", () => {
  const { fanout, change } = watched({}, ["alice"]);
  for (let nowMs = 10; nowMs <= 60_000; nowMs += 10) {
    if (nowMs % 250 === 0) change("alice", nowMs % 500 === 0 ? "online" : "away", nowMs);
    fanout.flush(nowMs);
  }
  assert(fanout.stats.frames <= 61, `${fanout.stats.frames} frames in 60 s`);
});

Deno.test("Fanout.publish() ignores a change that is not newer", () => {
  const { fanout, frames, change } = watched({ windowMs: 0 }, ["alice"]);
  change("alice", "online", 100);
  const stale = { userId: "alice", sinceMs: 1, source: "app", atMs: 1 } as const;
  fanout.publish({ ...stale, state: "away", version: 2 }, 110);
  fanout.publish({ ...stale, state: "away", version: 1 }, 110);
  fanout.flush(120);
  assertEquals(frames.flatMap(({ changes }) => changes), [
    { userId: "alice", state: "online", sinceMs: 100 },
  ]);
});

Deno.test("Fanout holds back over the cap of frames, and merges meanwhile", () => {
  const { fanout, frames, change } = watched({ windowMs: 0, framesPerSecond: 1 }, ["alice"]);
  const states = ["online", "away", "dnd"] as const;
  for (let nowMs = 0; nowMs <= 3000; nowMs += 100) {
    change("alice", states[nowMs / 100 % 3], nowMs);
    fanout.flush(nowMs);
  }
  // The snapshot before took the first token.
  const told = frames.map(({ changes: [{ state, sinceMs }] }) => [sinceMs, state]);
  assertEquals(told, [[1000, "away"], [2000, "dnd"], [3000, "online"]]);
});

Deno.test("Fanout sends a stopped reader nothing, and later the snapshot of what differs", () => {
  const users = Array.from({ length: 3000 }, (_, i) => `user-${i}`);
  const { fanout, frames, outlet, change } = watched({ windowMs: 0 }, users);
  outlet.buffered = 60_000;
  const random = stream(1, "slow reader");
  for (let nowMs = 100; nowMs < 20_000; nowMs += 100) {
    for (let i = 0; i < 500; i++) change(pick(random, users), "online", nowMs);
    fanout.flush(nowMs);
  }
  assertEquals(frames.length, 0);
  outlet.buffered = 0;
  fanout.flush(20_000);
  const told = frames.flatMap(({ changes }) => changes.map(({ userId }) => userId));
  assertEquals(new Set(told).size, told.length, "each user once");
  assertEquals(told.length, 3000);
  assert(Math.max(...outlet.sizes) < 16 * 1024);
  assertEquals(frames.filter((frame) => frame.cursor).length, 1, "only the last moves the cursor");
  assert(frames.at(-1)!.cursor);
});

Deno.test("Fanout lets a returning stream resume from its cursor", () => {
  const { fanout, frames, subscriber, change } = watched({ windowMs: 0 }, [
    "alice",
    "bob",
    "carol",
  ]);
  const keeper = fanout.open({ bufferedBytes: () => 0, send() {} }); // topics live on
  fanout.subscribe(keeper, ["alice", "bob", "carol"], 0);
  change("alice", "online", 100);
  fanout.flush(100);
  const { cursor } = frames.at(-1)!;
  fanout.close(subscriber);
  change("bob", "away", 200);
  fanout.flush(200);

  const resume = (cursor: string) => {
    const told: string[] = [];
    const stream = fanout.open({
      bufferedBytes: () => 0,
      send: (frame) => told.push(...decodeFrame(frame).changes.map(({ userId }) => userId)),
    });
    fanout.subscribe(stream, ["alice", "bob", "carol"], 300, cursor);
    fanout.flush(300);
    return told;
  };
  assertEquals(resume(cursor!), ["bob"]);
  assertEquals(resume("k0.99"), ["alice", "bob", "carol"], "of another life");
  assertEquals(resume("nonsense"), ["alice", "bob", "carol"]);
  assertEquals(resume(""), ["alice", "bob", "carol"]);
});

Deno.test("Fanout forgets topics nobody watches", () => {
  const { fanout, subscriber, change } = watched({}, ["alice", "bob"]);
  change("alice", "online", 10);
  fanout.unsubscribe(subscriber, ["alice"]);
  assertEquals([fanout.topics, fanout.stats.dropped], [1, 1]);
  fanout.close(subscriber);
  assertEquals([fanout.topics, fanout.subscribers], [0, 0]);
  fanout.flush(5000);
});

Deno.test("Fanout.subscribe() refuses more users than a stream may watch", () => {
  const { fanout, subscriber } = watched({ maxSubscriptions: 3 }, ["a", "b"]);
  fanout.subscribe(subscriber, ["b", "c"], 0);
  assertThrows(
    () => fanout.subscribe(subscriber, ["d"], 0),
    RangeError,
    "Cannot subscribe: a stream may watch at most 3 users: received 4",
  );
});
