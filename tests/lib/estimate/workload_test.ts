import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { backlog } from "lib/estimate/backlog.ts";
import { needed } from "lib/estimate/capacity.ts";
import { fanOut } from "lib/estimate/fan_out.ts";
import { little } from "lib/estimate/little.ts";
import { quantity } from "lib/estimate/quantity.ts";
import { inFlight, transferTime, windowLimit } from "lib/estimate/transfer.ts";

Deno.test("needed() gives the fleets of the sessions", () => {
  const fleets = [
    needed(quantity(50e6, "devices"), quantity(100e3, "devices")), // 01 gateways
    needed(quantity(200e3, "/s"), quantity(10e3, "/s"), { use: 0.7 }), // 08 shards
    needed(quantity(5e6), quantity(100e3), { use: 0.8 }), // 13 gateways
    needed(quantity(10, "Tbit/s"), quantity(100, "Gbps"), { use: 0.6, spare: 0.1 }), // 14
    needed(quantity(36), quantity(1), { use: quantity(70, "%") }), // 21 cores
  ];
  assertEquals(fleets.map(String), ["500", "29", "63", "184", "52"]);
});

Deno.test("needed() does not round up because of a last bit", () => {
  for (let n = 1; n <= 1000; n++) {
    const share = quantity(1 / 3, "GB/s");
    assertEquals(needed(share.times(n), share).value, n);
    assertEquals(needed(quantity(0.1 * n, "GB"), quantity(0.1, "GB")).value, n);
  }
  assertEquals(needed(quantity(1.000001, "GB"), quantity(1, "GB")).value, 2);
  assertEquals(needed(quantity(0, "GB"), quantity(1, "GB")).value, 0);
});

Deno.test("needed() refuses no use, negative spares and mixed units", () => {
  const [load, capacity] = [quantity(5, "MB/s"), quantity(1, "MB/s")];
  const refused: [() => unknown, string][] = [
    [() => needed(load, capacity, { use: 0 }), "Cannot size fleet: use must be above 0"],
    [() => needed(load, capacity, { use: 60 }), 'write quantity(60, "%")'],
    [() => needed(load, capacity, { spare: -1 }), "spare must be at least 0: received -1"],
    [() => needed(load, quantity(1, "/s")), "unit must measure information"],
  ];
  for (const [call, message] of refused) assertThrows(call, RangeError, message);
});

Deno.test("backlog() gives the overload of session 02", () => {
  const rates = { served: quantity(1000, "items/s"), afterwards: quantity(700, "items/s") };
  const burst = { arrivals: quantity(1200, "items/s"), lasting: quantity(60, "s") };
  const { items, wait, drain } = backlog({ ...burst, ...rates });
  assertEquals([items.in("items"), wait.in("s"), drain.in("s")], [12_000, 12, 40]);
});

Deno.test("backlog() is empty when the service keeps up, and refuses to drain when it never does", () => {
  const calm = {
    arrivals: quantity(900, "items/s"),
    served: quantity(1000, "items/s"),
    lasting: quantity(60, "s"),
  };
  const { items, drain } = backlog({ ...calm, afterwards: quantity(700, "items/s") });
  assertEquals([items.value, drain.value], [0, 0]);
  assertThrows(
    () => backlog({ ...calm, afterwards: quantity(1000, "items/s") }),
    RangeError,
    "Cannot drain backlog: arrivals afterwards must be below 1,000 items/s: received 1,000 items/s",
  );
});

Deno.test("fanOut() gives the gateway of session 06", () => {
  const log = { events: quantity(500, "lines/s"), receivers: 10_000, size: quantity(220, "B") };
  const single = fanOut(log);
  assertEquals(single.frames.in("/s"), 5_000_000);
  assertEquals(`${single.egress}`, "1.1 GB/s");
  const batched = fanOut({ ...log, window: quantity(100, "ms") });
  assertEquals([batched.frames.in("/s"), batched.frameSize.in("B")], [100_000, 11_000]);
  assertEquals(batched.egress.compare(single.egress), 0);
  assertEquals(`${batched.delay}`, "50 ms");
});

Deno.test("fanOut() gathers nothing in a window shorter than the gap between events", () => {
  const slow = {
    events: quantity(1, "event/s"),
    receivers: quantity(20, "watchers"),
    size: quantity(48, "B"),
    header: quantity(2, "B"),
    window: quantity(100, "ms"),
  };
  const { frames, frameSize, delay } = fanOut(slow);
  assertEquals([frames.in("/s"), frameSize.in("B"), delay.value], [20, 50, 0]);
  assertThrows(() => fanOut({ ...slow, receivers: -1 }), RangeError, "at least 0: received -1");
});

Deno.test("little() solves for each of its terms", () => {
  const [rate, time] = [quantity(2000, "requests/s"), quantity(250, "ms")];
  const inSystem = little({ rate, time });
  assertEquals(`${inSystem}`, "500 requests");
  assertEquals(little({ inSystem, rate }).in("ms"), 250);
  assertEquals(little({ inSystem, time }).in("requests/s"), 2000);
});

Deno.test("transferTime(), inFlight() and windowLimit() belong together", () => {
  const [link, rtt] = [quantity(10, "Gbit/s"), quantity(80, "ms")];
  const window = inFlight(link, rtt);
  assertEquals(`${window}`, "100 MB");
  assertAlmostEquals(windowLimit(window, rtt).per(link).in("1"), 1, 1e-12);
  assertEquals(`${transferTime(quantity(1, "GB"), link, rtt)}`, "880 ms");
  assertEquals(`${transferTime(quantity(1, "GB"), link)}`, "800 ms");
});
