/**
 * Names of counted things (devices, queries, batches) in the singular and the plural.
 *
 * A label is kept in the singular, so that `device` and `devices` are one unit, and printed in the
 * plural unless the count is one or the label stands under a division.
 *
 * Simplified: the regular English plurals and `series`; other irregular words are not recognised.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { plural, singular } from "lib/estimate/label.ts";
 *
 * assertEquals(["queries", "caches", "batches"].map(singular), ["query", "cache", "batch"]);
 * assertEquals(["query", "cache", "batch"].map(plural), ["queries", "caches", "batches"]);
 * ```
 */

/** Returns the singular of a regular English noun; one that is singular already stays. */
export function singular(word: string): string {
  if (/series$/.test(word)) return word;
  if (/[^aeiou]ies$/.test(word)) return word.replace(/ies$/, "y");
  if (/(ss|sh|x|[tnr]ch)es$/.test(word)) return word.replace(/es$/, "");
  return /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}

/** Returns the plural of a regular English noun in the singular. */
export function plural(word: string): string {
  if (/series$/.test(word)) return word;
  if (/[^aeiou]y$/.test(word)) return word.replace(/y$/, "ies");
  return /(s|sh|x|ch)$/.test(word) ? `${word}es` : `${word}s`;
}
