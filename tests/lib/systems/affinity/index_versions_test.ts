import { assert, assertEquals, assertThrows } from "@std/assert";
import { integer, stream } from "../../../../lib/sim/random.ts";
import { Hnsw } from "../../../../lib/structures/hnsw.ts";
import { IndexVersions } from "../../../../lib/systems/affinity/index_versions.ts";

const makeIndex = () => new Hnsw({ dimensions: 2, capacity: 100, random: stream(1) });
const direction = (degree: number) => {
  const angle = degree * Math.PI / 180;
  return [Math.cos(angle), Math.sin(angle)];
};
function build(versions: IndexVersions, version: string, count = 40): void {
  versions.begin(version, makeIndex());
  for (let id = 0; id < count; id++) versions.add(id, { version, vector: direction(id) });
}
const nearest = (versions: IndexVersions, version: string, k = 40) =>
  versions.search({ version, vector: direction(7) }, k).map(({ id }) => id);

Deno.test("IndexVersions: the old one answers until the switch, and again after a roll-back", () => {
  const versions = new IndexVersions();
  assertThrows(() => nearest(versions, "v1"), RangeError, "must be of version undefined");
  build(versions, "v1");
  versions.switchTo("v1");
  build(versions, "v2");
  assertEquals(nearest(versions, "v1")[0], 7);
  versions.switchTo("v2");
  assertEquals([versions.current, versions.kept], ["v2", ["v1", "v2"]]);
  assertThrows(() => nearest(versions, "v1"), RangeError, "must be of version v2: received v1");
  assertEquals(versions.rollBack(), "v1");
  assertEquals([nearest(versions, "v1")[0], versions.kept], [7, ["v1"]]);
  assertThrows(() => versions.rollBack(), RangeError, "there must be a version before");
});

Deno.test("IndexVersions.switchTo() refuses half a build, and drops what is older than one", () => {
  const versions = new IndexVersions({ leastShare: 0.9 });
  versions.begin("v1", makeIndex());
  assertThrows(() => versions.switchTo("v1"), RangeError, "at least 1 vectors: received 0");
  build(versions, "v1");
  versions.switchTo("v1");
  build(versions, "v2", 35);
  assertThrows(() => versions.switchTo("v2"), RangeError, "at least 36 vectors: received 35");
  assertEquals(versions.current, "v1");
  versions.add(39, { version: "v2", vector: direction(39) });
  versions.switchTo("v2");
  versions.switchTo("v2");
  build(versions, "v3");
  versions.switchTo("v3");
  assertEquals(versions.kept, ["v2", "v3"]);
  assertThrows(() => versions.begin("v2", makeIndex()), RangeError, "its name must be new");
  assertThrows(() => versions.sizeOf("v1"), RangeError, "must be one of v2, v3: received v1");
});

Deno.test("IndexVersions.remove() holds in every version, whatever is done to them", () => {
  const versions = new IndexVersions({ leastShare: 0 }),
    random = stream(3),
    gone = new Set<number>();
  build(versions, "v0");
  versions.switchTo("v0");
  let made = 0, next: string | undefined;
  for (let step = 0; step < 300; step++) {
    const toss = integer(random, 5);
    if (toss === 0) {
      next = `v${++made}`;
      build(versions, next);
    } else if (toss === 1 && next !== undefined) {
      versions.switchTo(next);
      next = undefined;
    } else if (
      toss === 2 && versions.kept.some((one) => one !== versions.current && one !== next)
    ) {
      try {
        versions.rollBack();
      } catch { /* only a build is there, and nothing to go back to */ }
    } else if (toss === 3 && gone.size < 20) {
      const id = 1 + integer(random, 39);
      gone.add(id);
      versions.remove(id);
    } else if (next !== undefined) {
      versions.add(integer(random, 40), { version: next, vector: direction(step) });
    }
    const found = nearest(versions, versions.current!);
    assert(found.every((id) => !gone.has(id)), `step ${step}`);
  }
  assert(made > 20 && gone.size > 15);
});
