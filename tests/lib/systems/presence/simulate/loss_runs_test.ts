import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  bursts,
  falseOfflinePerDeviceHour,
  independent,
  lossOf,
  lossOfNext,
} from "lib/systems/presence/simulate/loss_runs.ts";
import { stream } from "lib/sim/random.ts";

Deno.test("bursts() and independent() lose the same share, in runs of their own length", () => {
  for (const loss of [0.01, 0.05, 0.2]) {
    for (
      const [runs, meanRun] of [[independent(loss), 1 / (1 - loss)], [bursts(loss, 5), 5]] as const
    ) {
      assertAlmostEquals(lossOf(runs), loss, 1e-12);
      const loses = lossOfNext(runs, stream(1, `${loss}`));
      let [lost, count, before] = [0, 0, false];
      const beats = 1_000_000;
      for (let beat = 0; beat < beats; beat++) {
        const now = loses();
        if (now) lost++;
        if (now && !before) count++;
        before = now;
      }
      assertAlmostEquals(lost / beats, loss, 0.05 * loss);
      assertAlmostEquals(lost / count, meanRun, 0.03 * meanRun);
    }
  }
});

Deno.test("falseOfflinePerDeviceHour() gives the page's figures: a factor of 1,293", () => {
  const detector = { heartbeatMs: 1500, misses: 3 };
  const [alone, inBursts] = [independent(0.01), bursts(0.01, 5)].map((runs) =>
    falseOfflinePerDeviceHour(runs, detector)
  );
  assertAlmostEquals(alone, 0.002376, 1e-9);
  assertAlmostEquals(inBursts, 3.072, 1e-9);
  assertEquals(Math.round(inBursts / alone), 1293);
});

Deno.test("Loss models refuse what is no probability", () => {
  assertThrows(() => independent(1), RangeError, "loss must be from 0 to below 1: received 1");
  assertThrows(() => bursts(0.1, 0.5), RangeError, "meanBurst must be at least 1: received 0.5");
  assertThrows(() => bursts(0.9, 2), RangeError, "loss must be at most 0.66");
  assertEquals(lossOf(independent(0)), 0);
  assert(!lossOfNext(independent(0), () => 0)());
});
