/**
 * The names in units: `ms`, `GiB`, `USD`, `%`, and any word for a counted thing.
 *
 * Sizes are whole nanoseconds and bits, so that conversions between them are exact. Names are as
 * strict as the trade is loose: `KB`, `m` and `gb` mean different things to different people and
 * are errors that say what to write.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { atomOf } from "lib/estimate/atoms.ts";
 *
 * assertEquals(atomOf("minutes").symbol, "min");
 * assertEquals(atomOf("GiB").size / atomOf("B").size, 1024 ** 3);
 * assertEquals(atomOf("watchers").base, "#watcher");
 * assertThrows(() => atomOf("KB"), SyntaxError, "kB (1,000 B) or KiB (1,024 B)");
 * ```
 */
import { singular } from "./label.ts";
import { editDistance } from "./nearest.ts";

/** One name in a unit, of size `size / per` in its base. */
export interface Atom {
  readonly symbol: string;
  /** `"time"`, `"information"`, a currency, a label with a leading `#`, or `""` for a pure number. */
  readonly base: string;
  readonly size: number;
  readonly per: number;
}

const atoms = new Map<string, Atom>();

function define(base: string, size: number, names: string, per = 1): void {
  const [symbol, ...aliases] = names.split(" ");
  for (const name of [symbol, ...aliases]) atoms.set(name, { symbol, base, size, per });
}

const SECOND = 1e9;
define("time", 1, "ns nanosecond nanoseconds");
define("time", 1e3, "µs us μs microsecond microseconds");
define("time", 1e6, "ms msec millisecond milliseconds");
define("time", SECOND, "s sec secs second seconds");
define("time", 60 * SECOND, "min mins minute minutes");
define("time", 3600 * SECOND, "h hr hrs hour hours");
define("time", 86_400 * SECOND, "day days d");
define("time", 7 * 86_400 * SECOND, "week weeks w");
define("time", 30 * 86_400 * SECOND, "month months mo");
define("time", 365 * 86_400 * SECOND, "year years yr yrs");
define("information", 1, "bit bits");
define("information", 8, "B byte bytes");
["k", "M", "G", "T", "P", "E"].forEach((prefix, i) => {
  define("information", 1000 ** (i + 1), `${prefix}bit ${prefix}bits`);
  define("information", 8 * 1000 ** (i + 1), `${prefix}B`);
  define("information", 8 * 1024 ** (i + 1), `${prefix === "k" ? "K" : prefix}iB`);
});
for (const currency of ["USD", "EUR", "GBP", "CHF", "INR", "JPY", "CNY"]) {
  define(currency, 1, currency);
}
define("", 1, "% percent", 100);
define("", 1, "ppm", 1e6);
define("", 1, "x");
define("", 1e3, "k K");
define("", 1e6, "M million");
define("", 1e9, "G billion");
define("", 1e12, "T trillion");
define("#op", 1, "op ops");

/** Whole units that have a word of their own. */
export const spelledOut: Record<string, string> = {
  kbps: "kbit/s",
  Mbps: "Mbit/s",
  Gbps: "Gbit/s",
  Tbps: "Tbit/s",
  qps: "queries/s",
  rps: "requests/s",
};

const ambiguous: Record<string, string> = {
  m: "min (minutes), ms (milliseconds), month or M (million)",
  KB: "kB (1,000 B) or KiB (1,024 B)",
  b: "bit or B (bytes)",
  kb: "kB (1,000 B), KiB (1,024 B) or kbit",
  mb: "MB (bytes) or Mbit (bits)",
  gb: "GB (bytes) or Gbit (bits)",
  tb: "TB (bytes) or Tbit (bits)",
  Mb: "MB (bytes) or Mbit (bits)",
  Gb: "GB (bytes) or Gbit (bits)",
  Tb: "TB (bytes) or Tbit (bits)",
  $: "USD",
  "€": "EUR",
};

/**
 * Returns the atom that a word of the unit `text` names; an unknown word is a counted thing.
 *
 * @throws {SyntaxError} When the word is ambiguous, misspelt or not a name.
 */
export function atomOf(word: string, text = word): Atom {
  const known = atoms.get(word);
  if (known) return known;
  const fail = (rule: string, way: string) =>
    new SyntaxError(`Cannot read unit "${text}": unit must be ${rule}: received "${word}"${way}`);
  if (Object.hasOwn(ambiguous, word)) throw fail("unambiguous", `; write ${ambiguous[word]}`);
  const rule = "one such as s, MB, % or USD, or a counted thing such as devices";
  const near = [...atoms.keys()].find((name) =>
    name.toLowerCase() === word.toLowerCase() || name.length > 3 && editDistance(name, word) === 1
  );
  if (near) throw fail(rule, `; did you mean ${atoms.get(near)!.symbol}?`);
  if (!/^[a-z][A-Za-z]{2,}$/.test(word)) throw fail(rule, "");
  const symbol = singular(word);
  return { symbol, base: `#${symbol}`, size: 1, per: 1 };
}
