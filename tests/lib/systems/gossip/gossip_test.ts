import { assert, assertEquals, assertThrows } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { GossipMember, type Rumour } from "lib/systems/gossip/member.ts";
import { spread } from "lib/systems/gossip/spread.ts";

const peers = ["a", "b", "c"];

function member(name: string, heard: Rumour[] = [], options = {}) {
  const onNews = (rumour: Rumour) => heard.push(rumour);
  return new GossipMember(name, { peers, random: stream(1, name), onNews, ...options });
}

Deno.test("GossipMember.step() takes a version once and never an older one", () => {
  const heard: Rumour[] = [];
  const a = member("a", heard);
  const tell = (version: number) =>
    a.step({ kind: "rumours", from: "b", rumours: [{ name: "k", version }] });
  for (const version of [2, 2, 1, 3, 2]) tell(version);
  assertEquals(heard.map(({ version }) => version), [2, 3]);
  assertEquals(a.versionOf("k"), 3);
});

Deno.test("GossipMember.tick() tells different peers, never itself, and tires of old news", () => {
  const a = member("a", [], { fanout: 5, hotTicks: 2, digestEvery: Infinity });
  a.publish("k", 1);
  assertEquals(a.tick().map(({ to }) => to).sort(), ["b", "c"]);
  assertEquals(a.tick().length, 2);
  assertEquals(a.tick(), []);
});

Deno.test("GossipMember.step() answers a digest with what is newer, and only that", () => {
  const a = member("a"), b = member("b");
  a.publish("both", 4);
  b.publish("both", 4);
  a.publish("newer at a", 2);
  b.publish("newer at b", 9);
  const digest = { kind: "digest" as const, from: "b" };
  const rumours = ["both", "newer at b"].map((name) => ({ name, version: b.versionOf(name) }));
  const answers = a.step({ ...digest, rumours });
  assertEquals(answers.map(({ to, message }) => [to, message.rumours]), [
    ["b", [{ name: "newer at a", version: 2 }]],
  ]);
  assertEquals(a.versionOf("newer at b"), 9);
  for (const { message } of answers) assertEquals(b.step(message), []);
  assertEquals(b.versionOf("newer at a"), 2);
});

Deno.test("GossipMember() refuses a fan-out that is none", () => {
  assertThrows(() => member("a", [], { fanout: 0 }), RangeError, "received 0");
});

function rounds(options: object): number[] {
  return Array.from(
    { length: 200 },
    (_, seed) => spread({ members: 100, fanout: 3, ...options }, stream(seed, "rumour")).rounds,
  )
    .sort((x, y) => x - y);
}

Deno.test("spread() reaches a hundred members in about six rounds, and loss only delays", () => {
  const calm = rounds({}), lossy = rounds({ loss: 0.3 });
  assert(calm[100] >= 4 && calm[100] <= 7, `median ${calm[100]}`);
  assert(calm[198] <= 8, `p99 ${calm[198]}`);
  assert(lossy[100] > calm[100], "loss delays");
  assert(lossy[199] < 30, `worst ${lossy[199]}`);
});

Deno.test("spread() crosses a partition only after it heals, and then soon", () => {
  const cut = spread({ members: 100, fanout: 3, partitionRounds: 20 }, stream(1, "cut"));
  assert(cut.informed.slice(0, 21).every((share) => share <= 0.5));
  assert(cut.rounds > 20 && cut.rounds < 35, `${cut.rounds}`);
});

Deno.test("spread() can leave somebody behind without digests", () => {
  const rumoursOnly = rounds({ loss: 0.3, partitionRounds: 40, digestEvery: Infinity });
  assertEquals(rumoursOnly[0], Infinity); // the news had cooled down before the halves met
});

Deno.test("spread() of a group of one takes no round", () => {
  assertEquals(spread({ members: 1, fanout: 3 }, stream(1, "one")).rounds, 0);
});
