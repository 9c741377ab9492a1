import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { hedge, HedgeBudget } from "lib/structures/hedge.ts";

const never = new Promise<never>(() => {});
/** Time passes only for those who wait. */
const atOnce = () => Promise.resolve();
const notYet = () => never;

Deno.test("hedge() asks once when the first answer comes in time", async () => {
  let asked = 0;
  const attempt = () => Promise.resolve(++asked);
  assertEquals(await hedge(attempt, { afterMs: 10, wait: notYet }), {
    value: 1,
    attempts: 1,
    winner: 0,
  });
});

Deno.test("hedge() takes the second answer and aborts the first attempt", async () => {
  const signals: AbortSignal[] = [];
  const { value, attempts, winner } = await hedge((n, signal) => {
    signals.push(signal);
    return n === 0 ? never : Promise.resolve("b");
  }, { afterMs: 10, wait: atOnce });
  assertEquals([value, attempts, winner], ["b", 2, 1]);
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
});

Deno.test("hedge() goes on at once after a failure, and throws the first one when all fail", async () => {
  const failing = (n: number) => n === 0 ? Promise.reject(new Error("no 0")) : Promise.resolve(n);
  assertEquals((await hedge(failing, { afterMs: 10, wait: notYet })).winner, 1);
  const all = (n: number): Promise<never> => Promise.reject(new Error(`no ${n}`));
  await assertRejects(() => hedge(all, { afterMs: 10, most: 3, wait: notYet }), Error, "no 0");
  await assertRejects(
    () =>
      hedge(() => {
        throw new TypeError("thrown before a promise was made");
      }, { afterMs: 10, most: 1 }),
    TypeError,
    "thrown before",
  );
});

Deno.test("hedge() starts no more than `most` attempts", async () => {
  let asked = 0;
  const slow = () => ++asked === 3 ? Promise.resolve("third") : never;
  const { attempts } = await hedge(slow, { afterMs: 1, most: 3, wait: atOnce });
  assertEquals([attempts, asked], [3, 3]);
});

Deno.test("hedge() leaves no timer behind", async () => {
  await hedge(() => Promise.resolve(1), { afterMs: 60_000 }); // the sanitizer of this test watches
});

Deno.test("hedge() refuses impossible options", async () => {
  const attempt = () => Promise.resolve(1);
  await assertRejects(() => hedge(attempt, { afterMs: -1 }), RangeError, "received -1");
  await assertRejects(() => hedge(attempt, { afterMs: 1, most: 0 }), RangeError, "received 0");
});

Deno.test("HedgeBudget.spend() allows its share of further attempts and no more", async () => {
  const budget = new HedgeBudget(0.05, { burst: 1 });
  let sent = 0;
  for (let n = 0; n < 1000; n++) {
    const { attempts } = await hedge(async (which) => {
      await undefined;
      if (which === 0) await undefined;
      return which;
    }, { afterMs: 0, wait: atOnce, budget });
    sent += attempts;
  }
  assert(sent > 1040 && sent <= 1051, `${sent} attempts for 1,000 requests`);
});

Deno.test("HedgeBudget refuses shares beyond 0 to 1", () => {
  assertThrows(() => new HedgeBudget(2), RangeError, "share must be from 0 to 1: received 2");
  assertThrows(() => new HedgeBudget(0.1, { burst: 0 }), RangeError, "received 0");
});
