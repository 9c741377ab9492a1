import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Dimension, parseQuantity, type Quantity, quantity } from "lib/estimate/quantity.ts";
import { pick, stream } from "lib/sim/random.ts";

const units: Record<string, string[]> = {
  time: ["ns", "us", "ms", "s", "min", "h", "days", "weeks", "months", "years"],
  information: ["bit", "kbit", "Mbit", "B", "kB", "GB", "KiB", "GiB", "TiB"],
  ratio: ["1", "%", "ppm", "x", "k", "M"],
  bandwidth: ["B/s", "MB/day", "Gbit/s", "KiB/ms"],
  rate: ["/s", "/h", "requests/s", "requests/day"],
  count: ["devices", "k devices"],
  money: ["USD"],
  other: ["s²", "USD/GB/month", "B/device", "kB/device/h"],
};

/** A quantity that one can divide by, with a value from 0.001 to 1000 of either sign. */
function anyQuantity(random: () => number, among = Object.values(units).flat()): Quantity {
  const size = 10 ** (6 * random() - 3);
  return quantity(random() < 0.5 ? size : -size, pick(random, among));
}

function assertSame(a: Quantity, b: Quantity): void {
  assertAlmostEquals(a.minus(b).in(b.unit) / (b.value || 1), 0, 1e-12, `${a} and ${b}`);
}

Deno.test("Quantity.in() converts exactly where the factor is a whole number or its inverse", () => {
  assertEquals(quantity(250, "ms").in("s"), 0.25);
  assertEquals(quantity(4950, "ms").in("s"), 4.95);
  assertEquals(quantity(0.3, "s").in("ms"), 300);
  assertEquals(quantity(1, "GiB").in("B"), 2 ** 30);
  assertEquals(quantity(1, "GB").in("bit"), 8e9);
  assertEquals(quantity(2, "%").in("1"), 0.02);
  assertEquals(quantity(0.02).in("%"), 2);
  assertEquals(quantity(1.5, "x").in("%"), 150);
  assertEquals(quantity(1, "year").in("days"), 365);
  assertEquals(quantity(1, "month").in("h"), 720);
  assertEquals(quantity(10, "Gbps").in("MB/s"), 1250);
  assertEquals(quantity(86.4, "GB/day").in("MB/s"), 1);
});

Deno.test("Quantity.in() and back gives the value again, for every pair of units", () => {
  const random = stream(1);
  for (const among of Object.values(units)) {
    for (const from of among) {
      for (const to of among) {
        if (quantity(1, from).dimension === "other" && from !== to) continue;
        const before = quantity(1000 * random(), from);
        assertSame(before.to(to).to(from), before);
      }
    }
  }
});

Deno.test("Quantity.times() and per() undo each other, whatever the units", () => {
  const random = stream(2);
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [anyQuantity(random), anyQuantity(random)];
    assertSame(a.per(b).times(b), a);
    assertSame(a.times(b).per(b), a);
    assertSame(a.times(b), b.times(a));
    assertSame(a.per(a), quantity(1));
  }
});

Deno.test("Quantity.times() distributes over plus() and is associative", () => {
  const random = stream(3);
  for (let i = 0; i < 1000; i++) {
    const same = pick(random, Object.values(units)).slice(0, 2);
    const [a, b, c] = [anyQuantity(random, [same[0]]), anyQuantity(random), anyQuantity(random)];
    const a2 = anyQuantity(random, [same[0]]);
    const left = a.plus(a2).times(b);
    const right = a.times(b).plus(a2.times(b));
    const scale = Math.abs(a.times(b).in(left.unit)) + Math.abs(a2.times(b).in(left.unit));
    assertAlmostEquals(left.minus(right).in(left.unit) / scale, 0, 1e-12);
    assertSame(a.times(b).times(c), a.times(b.times(c)));
  }
});

Deno.test("Quantity.plus() and compare() hold across units of one dimension", () => {
  const random = stream(4);
  for (const among of [units.time, units.information, units.ratio, units.bandwidth]) {
    for (let i = 0; i < 200; i++) {
      const [a, b] = [anyQuantity(random, among), anyQuantity(random, among)];
      const base = among[0];
      const scale = Math.abs(a.in(base)) + Math.abs(b.in(base));
      assertAlmostEquals(a.plus(b).in(base) / scale, (a.in(base) + b.in(base)) / scale, 1e-12);
      assertAlmostEquals(a.minus(b).plus(b).in(base) / scale, a.in(base) / scale, 1e-12);
      assertEquals(a.compare(b), Math.sign(a.in(base) - b.in(base)));
      assertEquals(a.compare(b), -b.compare(a) || 0);
      assertEquals(a.lessThan(b), a.compare(b) < 0);
      assertEquals(a.atMost(b), a.compare(b) <= 0);
    }
  }
  assertEquals(quantity(1000, "ms").compare(quantity(1, "s")), 0);
  assert(quantity(5, "s").atMost(quantity(5000, "ms")));
});

Deno.test("Quantity.plus() refuses every pair of unlike dimensions with a RangeError", () => {
  const all = Object.values(units).map((among) => quantity(1, among[0]));
  for (const a of all) {
    for (const b of all) {
      if (a === b) continue;
      for (const verb of ["plus", "minus", "compare", "lessThan", "atMost"] as const) {
        assertThrows(() => a[verb](b), RangeError, "both must have one dimension");
      }
    }
  }
});

Deno.test("Quantity.plus() says what was mixed up, and how to drop a label", () => {
  const mixed = [
    () => quantity(5, "s").plus(parseQuantity("13 GB")),
    () => quantity(5, "s").minus(parseQuantity("13 GB")),
    () => parseQuantity("4.5 beats·s").plus(quantity(250, "ms")),
    () => quantity(5, "devices").compare(quantity(3, "users")),
    () => quantity(5, "USD").plus(quantity(3, "EUR")),
  ];
  const said = [
    "Cannot add 13 GB to 5 s: both must have one dimension: received information (GB) and time (s)",
    "Cannot subtract 13 GB from 5 s: both must have one dimension: received information (GB) and time (s)",
    'Cannot add 250 ms to 4.5 beat·s: both must have one dimension: received time (ms) and other (beat·s); .to("s") drops the names of counted things',
    'Cannot compare 5 devices with 3 users: both must have one dimension: received count (devices) and count (users); .to("1") drops the names of counted things',
    "Cannot add 3 EUR to 5 USD: both must have one dimension: received money (EUR) and money (USD)",
  ];
  mixed.forEach((mix, i) => assertThrows(mix, RangeError, said[i]));
});

Deno.test("Quantity.to() gives and drops labels but does not swap them", () => {
  const beats = quantity(50e6, "devices").per(quantity(1.5, "s"));
  assertEquals(`${beats}`, "33.3 M devices/s");
  assertEquals(`${beats.to("/s")}`, "33.3 M/s");
  assertEquals(`${beats.to("/s").to("beats/s")}`, "33.3 M beats/s");
  assertThrows(
    () => beats.to("beats/s"),
    RangeError,
    'Cannot convert 33.3 M devices/s to beats/s: unit must count what devices/s counts: received beats/s; .to("/s") drops',
  );
  assertThrows(
    () => quantity(5, "s").in("MB"),
    RangeError,
    "Cannot convert 5 s to MB: unit must measure time: received MB, which measures information",
  );
});

Deno.test("Quantity.times() cancels counted things in the singular and the plural", () => {
  const state = quantity(50e6, "devices").times(quantity(260, "B/device"));
  assertEquals([state.unit, `${state}`], ["B", "13 GB"]);
  const queries = quantity(3, "queries/request").times(quantity(1000, "requests/s"));
  assertEquals(`${queries}`, "3,000 queries/s");
});

Deno.test("Quantity.times() by a number keeps the unit, by a percentage scales it", () => {
  assertEquals(`${quantity(2, "%").times(3)}`, "6 %");
  assertEquals(`${quantity(5, "MB").times(quantity(2, "%"))}`, "100 kB");
  assertEquals(quantity(5, "MB").times(parseQuantity("2 k")).in("GB"), 10);
  assertEquals(quantity(6, "s").per(quantity(300, "ms")).in("1"), 20);
});

Deno.test("Quantity.per() refuses zero", () => {
  for (const zero of [quantity(0, "s"), 0]) {
    assertThrows(
      () => quantity(5, "MB").per(zero as number),
      RangeError,
      `Cannot divide 5 MB: divisor must not be zero: received ${zero}`,
    );
  }
});

Deno.test("Quantity.ceil() rounds up in its own unit", () => {
  assertEquals(`${quantity(41.7, "shards").ceil()}`, "42 shards");
  assertEquals(quantity(2, "shards").ceil().value, 2);
});

Deno.test("Quantity refuses operators, which would drop the units", () => {
  // deno-lint-ignore no-explicit-any -- what JavaScript in a cell would do
  const [a, b] = [quantity(5, "s"), quantity(3, "s")] as any[];
  const message = "Cannot calculate with 5 s: operators know no units, use .plus";
  assertThrows(() => a + b, TypeError, message);
  assertThrows(() => a < b, TypeError, message);
  assertThrows(() => a * 2, TypeError, message);
  assertEquals(`${a}`, "5 s");
});

Deno.test("Quantity prints in JSON, in templates and in the kernel", () => {
  const q = quantity(13e9, "B");
  assertEquals(JSON.stringify({ q }), '{"q":{"value":13000000000,"unit":"B"}}');
  assertEquals(Deno.inspect(q), "13 GB");
  assertEquals(quantity(4.075, "s").toString({ digits: 4 }), "4.075 s");
});

Deno.test("Quantity.dimension names what is measured", () => {
  for (const [name, among] of Object.entries(units)) {
    for (const unit of among) assertEquals(quantity(1, unit).dimension, name as Dimension, unit);
  }
});

Deno.test("quantity() refuses NaN and infinities, also as results", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    assertThrows(
      () => quantity(value, "s"),
      RangeError,
      `Cannot make quantity: value must be a finite number of s: received ${value}`,
    );
  }
  assertThrows(() => quantity(1e308, "s").times(10), RangeError, "received Infinity");
});

Deno.test("Quantity mixed up is a type error where the units are literals", () => {
  const time = quantity(1, "s");
  const size = quantity(1, "MB");
  // @ts-expect-error information is not a time
  assertThrows(() => time.plus(size));
  // @ts-expect-error bandwidth is not information
  assertThrows(() => size.minus(size.per(time)));
  // @ts-expect-error a rate is not a ratio
  const wrong: Quantity<"ratio"> = quantity(5, "/s");
  assertEquals(wrong.dimension as Dimension, "rate");
  const fill: Quantity<"time"> = size.per(quantity(100, "Mbit/s"));
  assertEquals(`${fill}`, "80 ms");
  const kept: Quantity<"information"> = quantity(1, "MB/s").times(quantity(1, "day"));
  assertEquals(`${kept}`, "86.4 GB");
});

Deno.test("parseQuantity() reads numbers as people write them", () => {
  const read: Record<string, [number, string]> = {
    "5s": [5, "s"],
    "250 ms": [250, "ms"],
    "1.5 M/s": [1.5, "M/s"],
    "13 GB": [13, "GB"],
    "2 %": [2, "%"],
    "2%": [2, "%"],
    "1e6": [1e6, "1"],
    "-.5e-3 s": [-0.0005, "s"],
    "+10,000 requests/s": [10_000, "requests/s"],
    "1_000_000 devices": [1e6, "devices"],
    "50 k devices": [50, "k devices"],
    "3 minutes": [3, "min"],
    "2 queries per second": [2, "queries/s"],
    "5 qps": [5, "queries/s"],
    "8.8 Gbps": [8.8, "Gbit/s"],
    "1.5x": [1.5, "x"],
    " 7 days ": [7, "days"],
    "4 s²": [4, "s²"],
    "4 s^2": [4, "s²"],
    "−2.4×10⁻⁵ /s": [-2.4e-5, "/s"],
    "38 µs": [38, "µs"],
    "38 us": [38, "µs"],
  };
  for (const [text, [value, unit]] of Object.entries(read)) {
    const q = parseQuantity(text);
    assertEquals([q.value, q.unit], [value, unit], text);
  }
});

Deno.test("parseQuantity() reads back what a quantity prints", () => {
  const random = stream(5);
  for (let i = 0; i < 2000; i++) {
    const q = anyQuantity(random);
    const again = parseQuantity(q.toString({ digits: 12 }));
    assertAlmostEquals(again.minus(q).in(q.unit) / q.value, 0, 1e-9, `${q}`);
  }
});

Deno.test("parseQuantity() refuses what it could only guess", () => {
  const refused: Record<string, string> = {
    "": 'Cannot read quantity: text must be a number and a unit, such as "1.5 s"',
    "s": 'or "10,000 requests/s": received "s"',
    "1,5 s": 'received "1,5 s"',
    "1.2.3 s": 'received "1.2.3 s"',
    "5. s": 'received "5. s"',
    "NaN s": 'received "NaN s"',
    "5 KB":
      'Cannot read unit "KB": unit must be unambiguous: received "KB"; write kB (1,000 B) or KiB (1,024 B)',
    "5 m": "write min (minutes), ms (milliseconds), month or M (million)",
    "5 gb": "write GB (bytes) or Gbit (bits)",
    "5 Mb/s": "write MB (bytes) or Mbit (bits)",
    "5 $": "write USD",
    "5 secnds": 'received "secnds"; did you mean s?',
    "5 Sec": "did you mean s?",
    "5 MS": "did you mean ms?",
    "5 xy":
      'Cannot read unit "xy": unit must be one such as s, MB, % or USD, or a counted thing such as devices: received "xy"',
    "5 __proto__": 'received "__proto__"',
    "0x10 s": 'received "x10"',
    "5 requests/": '"/" must stand before a unit',
    "5 // s": '"/" must stand before a unit',
  };
  for (const [text, message] of Object.entries(refused)) {
    assertThrows(() => parseQuantity(text), SyntaxError, message);
  }
  assertThrows(() => parseQuantity("1e999 s"), RangeError, "received Infinity");
});
