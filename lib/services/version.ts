/**
 * Compares versions of programs.
 *
 * @example
 * ```ts
 * import { isAtLeast } from "./version.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isAtLeast("10.0.15", "6.2"), true);
 * ```
 *
 * @module
 */

/** Whether a version such as 7.0.15 is a minimum such as 6.2 or newer; an unknown one is not. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [major, minor = 0] = version.split(".").map(Number);
  const [minMajor, minMinor = 0] = minimum.split(".").map(Number);
  return major > minMajor || (major === minMajor && minor >= minMinor);
}
