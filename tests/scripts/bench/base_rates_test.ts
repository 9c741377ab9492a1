import { assert, assertEquals } from "@std/assert";
import { baseRate, baseRateRows } from "lib/estimate/base_rates.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { describeMachine, measureBaseRates } from "../../../scripts/bench/base_rates.ts";
import { secondsOf } from "../../../scripts/bench/base_rates/rounds.ts";

Deno.test("measureBaseRates() measures rates that the table knows, in units that compare", async () => {
  const { rates, skipped } = await measureBaseRates();
  for (const [id, { value, unit }] of Object.entries(rates)) {
    const { published } = baseRate(id);
    const measured = quantity(value, unit);
    assert(measured.value > 0, id);
    // Within a factor of 1,000 of the customary number: a slip in a unit would show.
    const ratio = published ? Math.abs(Math.log10(measured.per(published).in("1"))) : 0;
    assert(ratio < 3, `${id}: ${measured} against ${published}`);
  }
  assertEquals("redisRoundTrip" in rates, skipped.length === 0);
  const rows = baseRateRows({ date: "2026-11-23", machine: await describeMachine(), rates });
  assertEquals(rows.filter(({ measured }) => measured !== "–").length, Object.keys(rates).length);
});

Deno.test("secondsOf() counts what was done, however long a batch takes", async () => {
  const seconds = await secondsOf((times) => {
    const end = performance.now() + 0.2 * times;
    while (performance.now() < end);
  });
  assert(seconds >= 0.0002 && seconds < 0.02, `${seconds}`);
});
