import { assert, assertEquals, assertThrows } from "@std/assert";
import { check, type Operation, type Value } from "lib/sim/linearizable.ts";
import { integer, pick, type Random, shuffle, stream } from "lib/sim/random.ts";

const done = (
  client: string,
  op: "read" | "write",
  value: Value,
  start: number,
  end: number,
  ok: Operation["ok"] = true,
): Operation => Object.freeze({ client, op, value, start, end, ok });

Deno.test("check() explains overlapping operations and refuses a read of the past", () => {
  const write = done("w", "write", 1, 0, 10);
  const verdict = check([write, done("a", "read", null, 1, 2), done("b", "read", 1, 3, 4)]);
  assert(verdict.linearizable);
  assertEquals(verdict.witness.map(({ client }) => client), ["a", "w", "b"]);
  const refuted = check([
    write,
    done("a", "read", 1, 1, 2),
    done("b", "read", null, 3, 4),
    done("c", "read", 1, 11, 12),
  ]);
  assert(!refuted.linearizable);
  // Every line of the counterexample is needed.
  assertEquals(refuted.counterexample.map(({ client }) => client), ["w", "a", "b"]);
});

Deno.test("check() lets an unknown write take effect later, or never", () => {
  const lost = done("w", "write", 1, 0, 1, "unknown");
  assert(check([lost, done("a", "read", null, 2, 3), done("a", "read", 1, 4, 5)]).linearizable);
  assert(check([lost, done("a", "read", null, 2, 3)]).linearizable);
  const back = [done("a", "read", 1, 2, 3), done("a", "read", null, 4, 5)];
  assert(!check([lost, ...back]).linearizable);
});

Deno.test("check() takes a failed operation for nothing", () => {
  assert(check([done("w", "write", 1, 0, 1, false), done("a", "read", null, 2, 3)]).linearizable);
  assert(!check([done("w", "write", 1, 0, 1, false), done("a", "read", 1, 2, 3)]).linearizable);
  assert(check([done("a", "read", 7, 0, 1, "unknown")]).linearizable);
});

Deno.test("check() knows what the register held before", () => {
  const read = [done("a", "read", 5, 0, 1)];
  assert(check(read, { initial: 5 }).linearizable);
  assert(!check(read).linearizable);
  assert(check([]).linearizable);
});

Deno.test("check() tells a text from a number", () => {
  assert(!check([done("w", "write", 1, 0, 1), done("a", "read", "1", 2, 3)]).linearizable);
});

Deno.test("check() names a client with two operations at once, and time that runs backwards", () => {
  const twice = [done("a", "read", null, 0, 5), done("a", "write", 1, 2, 3)];
  assertThrows(() => check(twice), TypeError, "write of 1 by a at 2, before its last one ended");
  assertThrows(() => check([done("a", "read", null, 5, 1)]), RangeError, "received 1 of a");
});

/** A history that a register did produce: each operation takes effect at an instant of its own. */
function produced(random: Random, length: number): Operation[] {
  const clients = ["a", "b", "c", "d"];
  const free = new Map(clients.map((client) => [client, 0]));
  let value: Value = null;
  let [instant, writes] = [0, 0];
  return Array.from({ length }, () => {
    const client = pick(random, clients);
    instant = Math.max(instant, free.get(client)!) + random();
    const start = Math.max(free.get(client)!, instant - 3 * random());
    const end = instant + 3 * random();
    free.set(client, end);
    const op = random() < 0.4 ? "write" : "read";
    if (op === "write") value = ++writes;
    return done(client, op, value, start, end);
  });
}

/** The slow obvious check: every order of all operations. */
function bruteForce(history: readonly Operation[]): boolean {
  const place = (left: readonly Operation[], value: Value): boolean =>
    left.length === 0 || left.some((next) => {
      if (left.some((other) => other.end < next.start)) return false;
      if (next.op === "read" && next.value !== value) return false;
      return place(left.filter((one) => one !== next), next.op === "write" ? next.value : value);
    });
  return place(history, null);
}

Deno.test("check() accepts whatever a register produced, in any order of writing it down", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = stream(seed, "produced");
    const history = produced(random, 30);
    assert(check(shuffle(random, history)).linearizable, `seed ${seed}`);
  }
});

Deno.test("check() says what trying every order says", () => {
  let refuted = 0;
  for (let seed = 0; seed < 400; seed++) {
    const random = stream(seed, "mutated");
    const history = produced(random, 7);
    const reads = history.filter(({ op }) => op === "read");
    const mutated = history.map((one) =>
      one === reads[0] ? { ...one, value: integer(random, 3) || null } : one
    );
    const expected = bruteForce(mutated);
    if (!expected) refuted++;
    assertEquals(check(mutated).linearizable, expected, `seed ${seed}`);
  }
  assert(refuted > 20 && refuted < 380, `${refuted} of 400 were refuted`);
});

Deno.test("check() gives a witness that keeps real-time order and explains every read", () => {
  for (let seed = 0; seed < 100; seed++) {
    const verdict = check(produced(stream(seed, "witness"), 20));
    assert(verdict.linearizable);
    let value: Value = null;
    verdict.witness.forEach((one, i) => {
      assert(!verdict.witness.slice(i + 1).some((later) => later.end < one.start));
      if (one.op === "write") value = one.value;
      else assertEquals(one.value, value);
    });
  }
});
