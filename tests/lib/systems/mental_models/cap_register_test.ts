import { assert, assertEquals, assertThrows } from "@std/assert";
import { check } from "lib/sim/linearizable.ts";
import {
  capHistory,
  type CapOperation,
  type CapToggles,
  staleReads,
} from "lib/systems/mental_models/cap_register.ts";

const HISTORIES = 400;
const histories = (toggles: Omit<CapToggles, "replicas">): CapOperation[][] =>
  Array.from({ length: HISTORIES }, (_, seed) => capHistory({ replicas: 3, ...toggles }, seed));
const refuted = (all: CapOperation[][]) => all.filter((one) => !check(one).linearizable).length;
const stale = (all: CapOperation[][]) => all.flatMap(staleReads).length;
const available = (all: CapOperation[][], side: string) => {
  const asked = all.flat().filter((one) => one.split && one.side === side);
  return asked.filter(({ ok }) => ok === true).length / asked.length;
};

Deno.test("capHistory() with overlapping quorums is never stale, and not linearizable either", () => {
  const quorums = histories({ readQuorum: 2, writeQuorum: 2 });
  assertEquals(stale(quorums), 0);
  assert(refuted(quorums) > 0);
});

Deno.test("capHistory() with write-back is linearizable for every overlapping pair", () => {
  for (const [readQuorum, writeQuorum] of [[2, 2], [1, 3], [3, 1], [2, 3], [3, 2], [3, 3]]) {
    assertEquals(refuted(histories({ readQuorum, writeQuorum, writeBack: true })), 0);
  }
});

Deno.test("capHistory() with single copies answers on both sides, and answers old things", () => {
  const single = histories({ readQuorum: 1, writeQuorum: 1 });
  assert(available(single, "majority") > 0.95 && available(single, "minority") > 0.9);
  assert(stale(single) > 100);
});

Deno.test("capHistory() trades availability for freshness by the toggle", () => {
  const refuse = histories({ readQuorum: 2, writeQuorum: 2, writeBack: true });
  const accept = histories({
    readQuorum: 2,
    writeQuorum: 2,
    writeBack: true,
    onPartition: "stale",
  });
  assert(available(refuse, "minority") < 0.02 && available(accept, "minority") > 0.8);
  assert(stale(refuse) === 0 && stale(accept) > 0);
});

Deno.test("capHistory() repeats with its seed, and each client does one thing at a time", () => {
  const toggles = { replicas: 5, readQuorum: 3, writeQuorum: 3, each: 6 };
  assertEquals(capHistory(toggles, 3), capHistory(toggles, 3));
  for (const client of ["c0", "c1", "c2", "c3"]) {
    const own = capHistory(toggles, 3).filter((one) => one.client === client);
    assertEquals(own.length, 6);
    own.forEach((one, i) => assert(i === 0 || own[i - 1].end <= one.start));
  }
});

Deno.test("capHistory() works with one replica and refuses more than there are", () => {
  const alone = capHistory({ replicas: 1, readQuorum: 1, writeQuorum: 1 }, 1);
  assert(check(alone).linearizable);
  const toggles = { replicas: 3, readQuorum: 4, writeQuorum: 2 };
  assertThrows(
    () => capHistory(toggles, 1),
    RangeError,
    "readQuorum must be a whole number from 1 to 3",
  );
});
