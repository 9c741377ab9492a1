/**
 * Waits for what is ending.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

const LIMIT_MS = 60_000;

/** Asks until nothing is found; fails when something stays. A process that was killed runs for a moment more. */
export async function waitForNone(
  find: () => string[] | Promise<string[]>,
  message: string,
): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  let found = await find();
  while (found.length > 0 && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    found = await find();
  }
  assertEquals(found, [], message);
}
