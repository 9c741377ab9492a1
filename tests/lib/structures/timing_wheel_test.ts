import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { TimingWheel } from "lib/structures/timing_wheel.ts";

Deno.test("TimingWheel.advance() fires what a plain map of deadlines fires, tick by tick", () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = stream(seed, "wheel");
    const capacity = 1 + integer(random, 30);
    const now = integer(random, 1000);
    const wheel = new TimingWheel(capacity, { slots: 2 + integer(random, 40), now });
    const model = new Map<number, number>();
    for (let step = 0; step < 300; step++) {
      const id = integer(random, capacity);
      const kind = random();
      if (kind < 0.6) {
        const tick = wheel.now + 1 + integer(random, wheel.slots - 1);
        wheel.schedule(id, tick);
        model.set(id, tick);
      } else if (kind < 0.7) {
        assertEquals(wheel.cancel(id), model.delete(id));
      } else {
        const to = wheel.now + integer(random, 5);
        const fired: number[][] = [];
        wheel.advance(to, (id, tick) => fired.push([tick, id]));
        const expected = [...model].filter(([, tick]) => tick <= to).map((
          [id, tick],
        ) => [tick, id]);
        const byTickAndId = (a: number[], b: number[]) => a[0] - b[0] || a[1] - b[1];
        assertEquals(fired.sort(byTickAndId), expected.sort(byTickAndId), `seed ${seed}`);
        expected.forEach(([, id]) => model.delete(id));
      }
      assertEquals(wheel.has(id), model.has(id), `seed ${seed}`);
      if (model.has(id)) assertEquals(wheel.now + wheel.ticksLeft(id), model.get(id));
    }
  }
});

Deno.test("TimingWheel.advance() lets the callback schedule and cancel", () => {
  const wheel = new TimingWheel(4, { slots: 8 });
  [0, 1, 2].forEach((id) => wheel.schedule(id, 3));
  const fired: number[][] = [];
  wheel.advance(10, (id, tick) => {
    fired.push([tick, id]);
    if (tick !== 3) return;
    wheel.cancel(0);
    wheel.cancel(1);
    wheel.schedule(3, tick + 7);
  });
  assertEquals(fired, [[3, 2], [10, 3]]);
});

Deno.test("TimingWheel.advance() visits only ids linked in the slots that came due", () => {
  const devices = 60_000;
  const timeout = 18;
  const wheel = new TimingWheel(devices, { slots: 32 });
  for (let id = 0; id < devices; id++) wheel.schedule(id, timeout + id % 6);
  wheel.advance(timeout - 1, () => assert(false, "nothing is due yet"));
  assertEquals(wheel.advance(timeout, () => {}), devices / 6);
});

Deno.test("TimingWheel.advance() moves a device that beats at most once in timeout minus heartbeat", () => {
  const devices = 600;
  const [heartbeat, timeout, ticks] = [6, 18, 1200];
  const wheel = new TimingWheel(devices, { slots: 32 });
  let visited = 0;
  for (let tick = 0; tick < ticks; tick++) {
    for (let id = tick % heartbeat; id < devices; id += heartbeat) {
      wheel.schedule(id, wheel.now + timeout);
    }
    visited += wheel.advance(tick + 1, () => assert(false, "a beating device must not expire"));
  }
  assert(visited <= devices * ticks / (timeout - heartbeat), `visited ${visited}`);
});

Deno.test("TimingWheel.byteLength is 8 bytes an id and 4 a slot", () => {
  assertEquals(new TimingWheel(100_000, { slots: 20 }).byteLength, 8 * 100_000 + 4 * 32);
});

Deno.test("TimingWheel.schedule() refuses what it cannot hold", () => {
  const wheel = new TimingWheel(4, { slots: 8 });
  wheel.advance(5, () => {});
  assertThrows(
    () => wheel.schedule(1, 5),
    RangeError,
    "Cannot schedule id 1: tick must be from 6 to 12: received 5",
  );
  assertThrows(() => wheel.schedule(1, 13), RangeError, "received 13");
  assertThrows(() => wheel.schedule(1, NaN), RangeError, "received NaN");
  assertThrows(
    () => wheel.schedule(4, 6),
    RangeError,
    "Cannot schedule: id must be an integer from 0 to 3: received 4",
  );
  assertEquals(wheel.cancel(4), false);
  assertThrows(() => new TimingWheel(0, { slots: 8 }), RangeError, "capacity must be");
  assertThrows(() => new TimingWheel(1, { slots: 40_000 }), RangeError, "slots must be");
});
