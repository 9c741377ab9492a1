import { assert, assertEquals } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import {
  type Assignment,
  moved,
  range,
  roundRobin,
  sticky,
} from "lib/systems/event_pipeline/assignors.ts";
import { Group } from "lib/systems/event_pipeline/group.ts";

const owned = (assignment: Assignment) => [...assignment.values()].flat().toSorted((a, b) => a - b);

Deno.test("range, roundRobin and sticky give every partition once, and fair shares", () => {
  assertEquals([...range(["b", "a"], 5)], [["a", [0, 1, 2]], ["b", [3, 4]]]);
  assertEquals([...roundRobin(["b", "a"], 5)], [["a", [0, 2, 4]], ["b", [1, 3]]]);
  for (const assignor of [range, roundRobin, sticky]) {
    for (let members = 1; members < 9; members++) {
      for (let partitions = 0; partitions < 20; partitions++) {
        const names = Array.from({ length: members }, (_, n) => `m${n}`);
        const assignment = assignor(names, partitions);
        assertEquals(owned(assignment), Array.from({ length: partitions }, (_, n) => n));
        const sizes = [...assignment.values()].map(({ length }) => length);
        assert(Math.max(...sizes) - Math.min(...sizes) <= 1);
      }
    }
  }
});

Deno.test("sticky moves at most ceil(P / n) partitions when one member comes or goes", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = stream(seed, "members"), partitions = 1 + integer(random, 40);
    let members = Array.from({ length: 1 + integer(random, 8) }, (_, n) => `m${n}`);
    let before = sticky(members, partitions);
    for (let change = 0; change < 10; change++) {
      const larger = random() < 0.5 || members.length === 1;
      members = larger
        ? [...members, `n${change}`]
        : members.filter((_, i) => i !== change % members.length);
      const after = sticky(members, partitions, before);
      const fair = Math.ceil(partitions / members.length);
      // What a member that has gone leaves must move, and nothing else.
      const left = larger ? 0 : [...before].filter(([member]) => !members.includes(member))
        .flatMap(([, all]) => all).length;
      assert(moved(before, after) - left <= fair, `${moved(before, after)} - ${left} > ${fair}`);
      assertEquals(owned(after).length, partitions);
      before = after;
    }
  }
});

Deno.test("Group gives each partition one owner a generation, and fences zombies, over 300 seeds", () => {
  let refused = 0, generations = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = stream(seed, "group");
    const assignor = [range, roundRobin, sticky][seed % 3];
    const group = new Group({ partitions: 12, assignor, sessionMs: 100, rebalanceMs: 50 });
    // What each member believes; a paused one believes it for too long.
    const belief = new Map<string, number>(), paused = new Set<string>();
    const committedBy = new Map<string, string>();
    for (let nowMs = 0; nowMs < 1500; nowMs += 10) {
      if (random() < 0.05) {
        const member = `m${nowMs}`;
        belief.set(member, 0);
        group.join(member, nowMs);
      }
      for (const [member, generation] of belief) {
        if (random() < 0.02) paused.add(member);
        else if (paused.has(member) && random() < 0.1) paused.delete(member);
        if (paused.has(member)) continue;
        const partition = integer(random, 12);
        const answer = group.commit(member, generation, partition, nowMs);
        if (answer === "ok") {
          const name = `${generation}/${partition}`;
          assertEquals(committedBy.get(name) ?? member, member, "one owner a generation");
          committedBy.set(name, member);
          assertEquals(generation, group.generation);
        } else refused++;
        if (group.heartbeat(member, generation, nowMs) !== "ok") group.join(member, nowMs);
        if (random() < 0.005) {
          belief.delete(member);
          group.leave(member, nowMs);
        }
      }
      group.tick(nowMs);
      for (const member of belief.keys()) {
        if (group.sync(member, group.generation) !== undefined && !paused.has(member)) {
          belief.set(member, group.generation);
        }
      }
      if (group.state === "stable") {
        assertEquals(owned(group.assignment), Array.from({ length: 12 }, (_, n) => n));
      }
    }
    generations += group.generation;
  }
  assert(refused > 1000 && generations > 1000, `${refused} refused, ${generations} generations`);
});

Deno.test("Group refuses the commit of a zombie, whose session was over", () => {
  const group = new Group({ partitions: 4, sessionMs: 100, rebalanceMs: 50 });
  group.join("ann", 0);
  group.join("bob", 0);
  group.tick(0);
  assertEquals([group.sync("ann", 1), group.sync("bob", 1)], [[0, 1], [2, 3]]);
  group.heartbeat("bob", 1, 90);
  group.tick(110); // ann is silent
  group.join("bob", 111);
  group.tick(112);
  assertEquals(group.sync("bob", 2), [0, 1, 2, 3]);
  assertEquals(group.commit("ann", 1, 0, 7), "unknown member");
  group.join("ann", 120);
  assertEquals(group.heartbeat("bob", 2, 121), "rebalance");
  group.join("bob", 122);
  group.tick(123);
  assertEquals(group.commit("ann", 1, 0, 7), "illegal generation");
  assertEquals(group.commit("ann", 3, 2, 7), "illegal generation", "not its partition");
  assertEquals(group.commit("ann", 3, 0, 7), "ok");
});
