import { assertEquals } from "@std/assert";
import { stream } from "lib/sim/random.ts";
import { randomHistory, reorder } from "lib/systems/presence/check.ts";
import type { PresenceEvent } from "lib/systems/presence/event.ts";
import { stateAt, transitions } from "lib/systems/presence/history.ts";
import { newUser, reduce, refresh } from "lib/systems/presence/reducer.ts";

const says = (atMs: number, part: Partial<PresenceEvent> = {}): PresenceEvent => ({
  userId: "alice",
  deviceId: "phone",
  sessionId: 1,
  seq: atMs,
  state: "online",
  source: "inferred",
  atMs,
  traceId: "t",
  ...part,
});

Deno.test("transitions() lets overrides and leases end in between", () => {
  const past = transitions([
    says(1000),
    says(2000, { source: "manual", state: "dnd", expiresMs: 3000 }),
    says(9000, { state: "offline" }),
  ], 10_000);
  assertEquals(past.map(({ sinceMs, state }) => [sinceMs, state]), [
    [1000, "online"],
    [2000, "dnd"],
    [3000, "online"],
    [9000, "offline"],
  ]);
  assertEquals([999, 1000, 2999, 3000, 9000].map((ms) => stateAt(past, ms)), [
    "offline",
    "online",
    "dnd",
    "online",
    "offline",
  ]);
  assertEquals(transitions([], 1000), []);
});

Deno.test("transitions() knows nothing of what was said later", () => {
  const statements = [says(1000), says(5000, { state: "away" })];
  assertEquals(transitions(statements, 4999), transitions(statements.slice(0, 1), 4999));
});

Deno.test("transitions() of any order end where the reducer ends, over 100 seeds", () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = stream(seed, "past");
    const said = randomHistory(random).filter(({ userId }) => userId === "alice");
    const lastMs = said.at(-1)!.atMs;
    let user = newUser("alice");
    for (const event of said) user = reduce(user, event).user;
    user = refresh(user, lastMs).user;
    const past = transitions(said, lastMs);
    assertEquals(stateAt(past, lastMs), user.state, `seed ${seed}`);
    const again = [...new Set(reorder(said, random))];
    assertEquals(transitions(again, lastMs), past, `seed ${seed}`);
    for (const [n, { state }] of past.entries()) {
      assertEquals(state === (past[n - 1]?.state ?? "offline"), false, `seed ${seed}: no change`);
    }
  }
});
