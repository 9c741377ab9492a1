import { assert, assertEquals } from "@std/assert";
import { missedBeats } from "lib/systems/presence/detectors.ts";
import { Sessions } from "lib/systems/presence/sessions.ts";
import { integer, stream } from "lib/sim/random.ts";

const options = {
  capacity: 100,
  sweepMs: 250,
  detector: () => missedBeats({ heartbeatMs: 1500, misses: 3 }),
};
const phone = { userId: "alice", deviceId: "phone", sessionId: 7 };

Deno.test("Sessions.sweep() finds each silent device in the first sweep after its deadline", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = stream(seed, "sessions");
    const sessions = new Sessions(options, 0);
    const devices = Array.from({ length: 20 }, (_, i) => ({
      device: { userId: `user-${i}`, deviceId: "phone", sessionId: 1 },
      diesMs: integer(random, 20_000),
      session: undefined as ReturnType<typeof sessions.connect>,
      deadlineMs: Infinity,
    }));
    const silent = new Map<string, number>();
    for (let nowMs = 0; nowMs <= 30_000; nowMs += 50) {
      for (const entry of devices) {
        if (nowMs > entry.diesMs || random() > 0.1) continue;
        if (entry.session) sessions.beat(entry.session.session, nowMs);
        else entry.session = sessions.connect(entry.device, nowMs);
        entry.deadlineMs = nowMs + 4500;
        silent.delete(entry.device.userId); // it may have been quiet for longer than it should
      }
      if (nowMs % 250 > 0) continue;
      for (const event of sessions.sweep(nowMs)) {
        assertEquals(event.state, "offline");
        silent.set(event.userId, nowMs);
      }
      for (const { device, deadlineMs } of devices) {
        const due = deadlineMs < nowMs;
        assertEquals(silent.has(device.userId), due, `seed ${seed}, ${device.userId}, ${nowMs} ms`);
        if (due) assert(silent.get(device.userId)! <= deadlineMs + 250);
      }
    }
  }
});

Deno.test("Sessions.beat() tells nothing between online and the renewal of the lease", () => {
  const sessions = new Sessions({ ...options, leaseMs: 10_000 }, 0);
  const { session, event } = sessions.connect(phone, 0)!;
  assertEquals([event.state, event.seq, event.expiresMs], ["online", 0, 10_000]);
  const told: [number, number | undefined][] = [];
  for (let nowMs = 1000; nowMs <= 12_000; nowMs += 1000) {
    const event = sessions.beat(session, nowMs);
    if (event) told.push([nowMs, event.expiresMs]);
  }
  assertEquals(told, [[5000, 15_000], [10_000, 20_000]]);
});

Deno.test("Sessions.beat() brings a silent device back and counts the false alarm", () => {
  const sessions = new Sessions(options, 0);
  const { session } = sessions.connect(phone, 0)!;
  assertEquals(sessions.sweep(5000).map((event) => event.atMs), [0]);
  assertEquals(sessions.beat(session, 5100)?.state, "online");
  assertEquals(sessions.stats.falseOffline, 1);
  assertEquals(sessions.sweep(9500), []);
  assertEquals(sessions.sweep(10_000).length, 1);
});

Deno.test("Sessions.connect() replaces an older session of the device, and no newer one", () => {
  const sessions = new Sessions(options, 0);
  const first = sessions.connect(phone, 0)!.session;
  assertEquals(sessions.connect(phone, 10), undefined);
  assertEquals(sessions.connect({ ...phone, sessionId: 6 }, 10), undefined);
  const second = sessions.connect({ ...phone, sessionId: 8 }, 4000)!;
  assertEquals(second.replaced, first);
  sessions.disconnect(first); // its socket closes later
  assertEquals(sessions.sweep(8000), [], "the first session's deadline is gone");
  assertEquals(sessions.sweep(9000).map((event) => event.sessionId), [8]);
  assertEquals(sessions.size, 1);
});

Deno.test("Sessions.disconnect() leaves the verdict to the detector, leave() does not", () => {
  const sessions = new Sessions(options, 0);
  const { session } = sessions.connect(phone, 0)!;
  sessions.disconnect(session);
  assertEquals([sessions.size, [...sessions.connected()].length], [1, 0]);
  assertEquals(sessions.sweep(5000).length, 1);
  assertEquals(sessions.size, 0);
  const again = sessions.connect({ ...phone, sessionId: 9 }, 6000)!.session;
  assertEquals(sessions.leave(again, 6500).state, "offline");
  assertEquals([sessions.size, sessions.sweep(60_000)], [0, []]);
});

Deno.test("Sessions.connect() refuses devices beyond its capacity and has room again", () => {
  const sessions = new Sessions({ ...options, capacity: 2 }, 0);
  const connect = (user: number) =>
    sessions.connect({ userId: `user-${user}`, deviceId: "phone", sessionId: 1 }, 0);
  const first = connect(1)!;
  assert(connect(2));
  assertEquals(connect(3), undefined);
  sessions.leave(first.session, 100);
  assert(connect(3));
});

Deno.test("Sessions waits longer than its wheel can see", () => {
  const detector = () => missedBeats({ heartbeatMs: 300_000, misses: 3 });
  const sessions = new Sessions({ capacity: 1, sweepMs: 250, detector }, 0);
  sessions.connect(phone, 0);
  for (let nowMs = 0; nowMs <= 900_000; nowMs += 250) assertEquals(sessions.sweep(nowMs), []);
  assertEquals(sessions.sweep(900_250).length, 1);
});
