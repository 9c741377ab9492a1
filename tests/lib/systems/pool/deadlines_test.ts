import { assertEquals } from "@std/assert";
import { integer, stream } from "lib/sim/random.ts";
import { Deadlines } from "lib/systems/pool/deadlines.ts";

Deno.test("Deadlines finds the same ones at the same time, however often it makes room", () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = stream(seed, "deadlines");
    const grown = new Deadlines<number>(1, 0);
    const large = new Deadlines<number>(200, 0);
    const ids = new Map<number, [number, number]>();
    let room = 1;
    for (let nowMs = 0, item = 0; item < 200; nowMs += integer(random, 40)) {
      const found: number[][] = [[], []];
      [grown, large].forEach((deadlines, n) =>
        deadlines.advance(nowMs, (due) => {
          deadlines.remove(ids.get(due)![n]);
          found[n].push(due);
        })
      );
      assertEquals(found[0].toSorted(), found[1].toSorted(), `seed ${seed}`);
      for (const due of found[0]) ids.delete(due);
      if (ids.size === room) grown.makeRoom(room += 1 + integer(random, 5));
      const ms = 1 + integer(random, 3000);
      ids.set(item, [grown.add(item, nowMs, ms), large.add(item, nowMs, ms)]);
      item++;
    }
  }
});
