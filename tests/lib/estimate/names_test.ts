import { assertEquals } from "@std/assert";
import { plural, singular } from "lib/estimate/label.ts";
import { editDistance, nearest } from "lib/estimate/nearest.ts";
import { combine, conversion, parseUnit, sameDimensions } from "lib/estimate/units.ts";

Deno.test("singular() and plural() undo each other for the words of the sessions", () => {
  const words: Record<string, string> = {
    device: "devices",
    query: "queries",
    key: "keys",
    cache: "caches",
    batch: "batches",
    index: "indexes",
    process: "processes",
    push: "pushes",
    gateway: "gateways",
    series: "series",
    release: "releases",
    message: "messages",
  };
  for (const [one, many] of Object.entries(words)) {
    assertEquals([singular(many), singular(one), plural(one)], [one, one, many]);
  }
  assertEquals([singular("bus"), singular("status")], ["bus", "status"]);
});

Deno.test("nearest() finds what was meant, and nothing when nothing is near", () => {
  const names = [
    "heartbeat",
    "misses",
    "connections",
    "connectionsPerGateway",
    "loss",
    "lossModel",
  ];
  assertEquals(nearest("hartbeat", names), ["heartbeat"]);
  assertEquals(nearest("haertbeat", names), ["heartbeat"]);
  assertEquals(nearest("HEARTBEAT", names), ["heartbeat"]);
  assertEquals(nearest("heart_beat", names), ["heartbeat"]);
  assertEquals(nearest("los", names), ["loss", "lossModel"]);
  assertEquals(nearest("conection", names), ["connections"]);
  assertEquals(nearest("perGateway", names), ["connectionsPerGateway"]);
  assertEquals(nearest("colour", names), []);
  assertEquals(nearest("loss", []), []);
});

Deno.test("editDistance() counts inserts, deletes, replacements and swaps", () => {
  const pairs: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["ab", "ba", 1],
    ["heartbeat", "haertbeat", 1],
  ];
  for (const [a, b, distance] of pairs) {
    assertEquals([editDistance(a, b), editDistance(b, a)], [distance, distance]);
  }
});

Deno.test("parseUnit() spells a unit one way, whatever way it was written", () => {
  const spellings: Record<string, string[]> = {
    "messages/s": ["message/s", "messages per second", "1/s message", "message·s^-1"],
    "B/device": ["bytes/device", "byte per devices"],
    "Mbit/s": ["Mbps", "Mbits/second"],
    "/s": ["1/s", "per second", "s^-1"],
    "M/s": ["M/s", "million per second"],
    "USD/GB/month": ["USD/GB/month", "USD per GB per month"],
    "": ["", "1", "s/s"],
  };
  for (const [text, written] of Object.entries(spellings)) {
    for (const spelling of written) assertEquals(parseUnit(spelling).text, text, spelling);
  }
});

Deno.test("conversion() takes rates and powers apart exactly", () => {
  assertEquals(conversion(parseUnit("GB/day"), parseUnit("MB/h")), { up: 1000, down: 24 });
  assertEquals(conversion(parseUnit("s²"), parseUnit("ms²")), { up: 1e6, down: 1 });
  assertEquals(conversion(parseUnit("/h"), parseUnit("/day")), { up: 24, down: 1 });
});

Deno.test("combine() brings one base to one unit and leaves pure numbers out", () => {
  const { unit, ratio } = combine(parseUnit("MB/s"), parseUnit("days"), 1);
  assertEquals([unit.text, ratio], ["MB", { up: 86_400, down: 1 }]);
  const halved = combine(parseUnit("%"), parseUnit("GB"), 1);
  assertEquals([halved.unit.text, halved.ratio], ["GB", { up: 1, down: 100 }]);
});

Deno.test("sameDimensions() tells labels apart unless told not to", () => {
  const [devices, users] = [parseUnit("devices/s"), parseUnit("users/s")];
  assertEquals([sameDimensions(devices, users), sameDimensions(devices, users, false)], [
    false,
    true,
  ]);
});
