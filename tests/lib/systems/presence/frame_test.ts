import { assertEquals } from "@std/assert";
import { type State, STATES } from "lib/systems/presence/event.ts";
import { type Change, decodeFrame, encodeFrame, encodeRow } from "lib/systems/presence/frame.ts";
import { integer, pick, stream } from "lib/sim/random.ts";

Deno.test("decodeFrame() reads what encodeFrame() wrote, whatever the ids", () => {
  const random = stream(1, "frames");
  const ids = ["alice", "two words", "  ", "Zoë", "😀", "{", "o 1 bob", "x".repeat(128)];
  for (let round = 0; round < 500; round++) {
    const changes: Change[] = Array.from({ length: 1 + integer(random, 5) }, () => ({
      userId: pick(random, ids),
      state: pick<State>(random, STATES),
      sinceMs: integer(random, 2 ** 42),
    }));
    const cursor = pick(random, ["", "k1.0", "k9.zz"]);
    assertEquals(decodeFrame(encodeFrame(cursor, changes.map(encodeRow))), { cursor, changes });
  }
});

Deno.test("encodeFrame() takes about 30 bytes for one change", () => {
  const row = encodeRow({ userId: "user-12345", state: "online", sinceMs: 1_795_474_958_184 });
  assertEquals(encodeFrame("k1.2n9c", [row]).length, 29);
});
