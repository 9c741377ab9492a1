import { assertEquals, assertRejects } from "@std/assert";
import { runPool } from "../../../scripts/run/pool.ts";

Deno.test("runPool() runs as many as allowed at once, and keeps the order", async () => {
  let [running, most] = [0, 0];
  const results = await runPool([5, 1, 3, 2, 4], 2, async (ms) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return ms * 10;
  });
  assertEquals(results, [50, 10, 30, 20, 40]);
  assertEquals(most, 2);
});

Deno.test("runPool() starts nothing more after the signal", async () => {
  const controller = new AbortController();
  const started: number[] = [];
  const results = await runPool([1, 2, 3], 1, (item) => {
    started.push(item);
    if (item === 2) controller.abort();
    return Promise.resolve(item * 10);
  }, controller.signal);
  assertEquals(started, [1, 2]);
  assertEquals(results, [10, 20]);
});

Deno.test("runPool() passes an error on", async () => {
  await assertRejects(
    () => runPool([1], 1, () => Promise.reject(new Error("lost"))),
    Error,
    "lost",
  );
});
