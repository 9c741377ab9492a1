import { assertEquals, assertRejects } from "@std/assert";
import { checkReplays } from "lib/systems/presence/check.ts";
import type { PresenceEvent } from "lib/systems/presence/event.ts";
import { newUser, nextExpiryMs, reduce, refresh, type User } from "lib/systems/presence/reducer.ts";

const event = (part: Partial<PresenceEvent>): PresenceEvent => ({
  userId: "alice",
  deviceId: "phone",
  sessionId: 1,
  seq: 0,
  state: "online",
  source: "inferred",
  atMs: 1000,
  traceId: "t",
  ...part,
});
const after = (...parts: Partial<PresenceEvent>[]): User =>
  parts.reduce((user, part) => reduce(user, event(part)).user, newUser("alice"));

/** The reducer as the check wants it. */
const reducer = (step: typeof reduce, settle: typeof refresh = refresh) => () => {
  const users = new Map<string, User>();
  return {
    apply(event: PresenceEvent) {
      const result = step(users.get(event.userId) ?? newUser(event.userId), event);
      users.set(event.userId, result.user);
      return result;
    },
    settle: (nowMs: number) =>
      [...users.values()].flatMap((user) => {
        const result = settle(user, nowMs);
        users.set(user.userId, result.user);
        return result.diff ?? [];
      }),
    state: (userId: string) => users.get(userId)?.state ?? "offline",
  };
};

Deno.test("reduce() ends the same for every order, over 200 seeds", async () => {
  await checkReplays(reducer(reduce), { seeds: 200 });
});

Deno.test("checkReplays() finds reducers that are wrong", async () => {
  const lastOneWins: typeof reduce = (user, event) => {
    const state = event.state === "none" ? "offline" : event.state;
    if (state === user.state) return { user, ignored: false };
    const version = user.version + 1;
    const { userId, source, atMs } = event;
    return {
      user: { ...user, state, version },
      diff: { userId, state, sinceMs: atMs, version, source, atMs },
      ignored: false,
    };
  };
  await assertRejects(
    () => checkReplays(reducer(lastOneWins, (user) => ({ user })), { seeds: 200 }),
    Error,
    "Seed 0, order 1: ends in",
  );
  // Duplicates that count as news: every statement gets a fresh stamp.
  let fresh = 1e6;
  const stampless: typeof reduce = (user, event) => reduce(user, { ...event, seq: fresh++ });
  await assertRejects(() => checkReplays(reducer(stampless), { seeds: 200 }), Error, "ends in");
  const repeats: typeof reduce = (user, event) => {
    const { user: next, diff, ignored } = reduce(user, event);
    const { userId, state, sinceMs, version } = next;
    const again = { userId, state, sinceMs, version, source: event.source, atMs: event.atMs };
    return { user: next, diff: diff ?? (version > 0 ? again : undefined), ignored };
  };
  await assertRejects(() => checkReplays(reducer(repeats), { seeds: 200 }), Error, "twice");
});

Deno.test("reduce() reports a change once, with its cause", () => {
  const first = reduce(newUser("alice"), event({ atMs: 900 }), 1000);
  assertEquals(first.diff, {
    userId: "alice",
    state: "online",
    sinceMs: 1000,
    version: 1000,
    source: "inferred",
    atMs: 900,
  });
  const renewed = reduce(first.user, event({ seq: 1, atMs: 2000 }));
  assertEquals([renewed.diff, renewed.ignored], [undefined, false]);
  assertEquals(reduce(renewed.user, event({ seq: 1 })).ignored, true);
});

Deno.test("reduce() ignores what an older session or an older seq says", () => {
  const user = after({ sessionId: 2, seq: 5 });
  for (
    const late of [{ sessionId: 1, seq: 9 }, { sessionId: 2, seq: 5 }, { sessionId: 2, seq: 4 }]
  ) {
    const result = reduce(user, event({ ...late, state: "offline", atMs: 9000 }));
    assertEquals([result.ignored, result.user], [true, user]);
  }
  assertEquals(reduce(user, event({ sessionId: 3, state: "offline" })).diff?.state, "offline");
});

Deno.test("reduce() lets the user outrank the app, and the app the heartbeats", () => {
  const online = { state: "online" } as const;
  const inBackground = { source: "app", state: "away" } as const;
  const busy = { source: "manual", state: "dnd" } as const;
  assertEquals(after(online, inBackground).state, "away");
  assertEquals(after(online, busy, inBackground).state, "dnd");
  assertEquals(after(online, busy, { ...busy, seq: 1, state: "none" }).state, "online");
});

Deno.test("reduce() believes no app whose heartbeats stopped, or of an older session", () => {
  const background = { source: "app", state: "away" } as const;
  assertEquals(after({}, background, { seq: 1, state: "offline" }).state, "offline");
  const flapped = [{}, background, { seq: 1, state: "offline" }, { seq: 2 }] as const;
  assertEquals(after(...flapped).state, "away");
  assertEquals(after({}, background, { sessionId: 2 }).state, "online");
});

Deno.test("reduce() keeps what the user set through a new session", () => {
  const busy = { source: "manual", state: "dnd" } as const;
  assertEquals(after({}, busy, { sessionId: 2 }).state, "dnd");
});

Deno.test("reduce() shows the weightiest of several devices", () => {
  const laptop = { deviceId: "laptop" };
  const away = { source: "app", state: "away" } as const;
  assertEquals(after({}, away, laptop).state, "online");
  assertEquals(after({}, laptop, { seq: 1, state: "offline" }).state, "online");
  const presenting = { ...laptop, source: "app", state: "dnd" } as const;
  assertEquals(after({}, laptop, presenting).state, "dnd");
});

Deno.test("reduce() takes the newest of two overrides by their clocks", () => {
  const phone = { source: "manual", state: "dnd", atMs: 5000 } as const;
  const laptop = { deviceId: "laptop", source: "manual", state: "online", atMs: 4900 } as const;
  assertEquals(after(phone, laptop).state, "dnd");
  assertEquals(after(phone, { ...laptop, atMs: 5100 }).state, "online");
  assertEquals(after(phone, { ...laptop, atMs: 5000 }).state, "dnd", "a tie goes to the weightier");
});

Deno.test("refresh() ends overrides and leases at their time", () => {
  const user = after({ expiresMs: 9000 }, { source: "manual", state: "dnd", expiresMs: 5000 });
  assertEquals(nextExpiryMs(user), 5000);
  assertEquals(refresh(user, 4999).diff, undefined);
  const freed = refresh(user, 5000);
  assertEquals([freed.diff?.state, freed.diff?.sinceMs], ["online", 5000]);
  assertEquals(nextExpiryMs(freed.user), 9000);
  const gone = refresh(freed.user, 9000);
  assertEquals(gone.diff?.state, "offline");
  assertEquals(nextExpiryMs(gone.user), Infinity);
});

Deno.test("reduce() counts versions up when the clock stands still or steps back", () => {
  const user = after({ atMs: 5000 });
  const back = reduce(user, event({ seq: 1, state: "offline", atMs: 3000 }));
  assertEquals([back.diff?.version, back.diff?.sinceMs], [5001, 5000]);
});
