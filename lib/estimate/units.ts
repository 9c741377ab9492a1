/**
 * Units: reading them, printing them, and multiplying them.
 *
 * A unit is a list of factors, each an atom (`ms`, `GiB`, `USD`, a counted thing such as `device`)
 * with a power. An atom belongs to a base: time, information, one currency, one label. `%`, `x`,
 * `ppm` and the prefixes `k M G T` are pure numbers and have no base. A slash divides by the one
 * atom after it.
 *
 * Simplified: a month is 30 days and a year is 365 days, as service-level objectives have it; no
 * units of length, mass or temperature.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { conversion, parseUnit } from "lib/estimate/units.ts";
 *
 * assertEquals(parseUnit("messages per second").text, "messages/s");
 * assertEquals(conversion(parseUnit("GB/day"), parseUnit("MB/h")), { up: 1000, down: 24 });
 * assertThrows(() => parseUnit("KB"), SyntaxError, "kB (1,000 B) or KiB (1,024 B)");
 * ```
 */
import { type Atom, atomOf, spelledOut } from "./atoms.ts";
import { plural } from "./label.ts";

/** An atom with its power, which is never zero. */
export interface Factor {
  readonly atom: Atom;
  readonly power: number;
}

/** A product of powers of atoms; `text` is its canonical spelling, `""` for the pure number one. */
export interface Unit {
  readonly factors: readonly Factor[];
  readonly text: string;
}

const parsed = new Map<string, Unit>();

/**
 * Reads a unit such as `ms`, `/s`, `MB/s`, `USD/GB/month` or `messages per second`.
 *
 * @throws {SyntaxError} When a word is ambiguous (`KB`, `m`), misspelt, or not a unit.
 */
export function parseUnit(text: string): Unit {
  text = text.trim();
  const cached = parsed.get(text);
  if (cached) return cached;
  const factors: Factor[] = [];
  let side = 1;
  for (const token of tokensOf(text)) {
    if (token === "/") {
      side = -1;
    } else if (token !== "1") {
      const [, word, power = "1"] = /^(.*?)(?:\^(-?\d+))?$/.exec(token)!;
      factors.push({ atom: atomOf(word, text), power: side * Number(power) });
      side = 1;
    }
  }
  const unit = unitOf(factors);
  parsed.set(text, unit);
  return unit;
}

function tokensOf(text: string): string[] {
  const spaced = text
    .replace(/\bper\b/g, "/")
    .replace(/[²³]/g, (digit) => digit === "²" ? "^2" : "^3")
    .replace(/[A-Za-z]+/g, (word) => Object.hasOwn(spelledOut, word) ? spelledOut[word] : word)
    .replace(/\//g, " / ");
  const tokens = spaced.split(/[\s·*]+/).filter((token) => token !== "");
  const dangling = tokens.at(-1) === "/" || tokens.some((t, i) => t === "/" && tokens[i + 1] === t);
  if (dangling) {
    throw new SyntaxError(
      `Cannot read unit "${text}": "/" must stand before a unit, as in "requests/s": received "${text}"`,
    );
  }
  return tokens;
}

/** Returns the unit of these factors, each atom once, those that divide last. */
export function unitOf(factors: readonly Factor[]): Unit {
  const merged = new Map<string, Factor>();
  for (const { atom, power } of factors) {
    const key = `${atom.base} ${atom.symbol}`;
    const sum = (merged.get(key)?.power ?? 0) + power;
    if (sum === 0) merged.delete(key);
    else merged.set(key, { atom, power: sum });
  }
  const kept = [...merged.values()].sort((a, b) => Math.sign(b.power) - Math.sign(a.power));
  return { factors: kept, text: textOf(kept) };
}

/** Spells a unit; labels and long time units in the plural, save for a count of one. */
export function textOf(factors: readonly Factor[], many = true): string {
  const above = factors.filter(({ power }) => power > 0);
  const below = factors.filter(({ power }) => power < 0);
  const prefix = above.findIndex(isPrefix);
  if (prefix > 0) above.unshift(...above.splice(prefix, 1));
  const top = above.map(({ atom, power }, i) =>
    nameOf(atom, many && power === 1 && i === above.length - 1) + raised(power)
  );
  const bottom = below.map(({ atom, power }) => "/" + nameOf(atom, false) + raised(-power));
  const spaced = top.map((name, i) =>
    i === 0 ? name : isPrefix(above[i - 1]) ? ` ${name}` : `·${name}`
  );
  return spaced.join("") + bottom.join("");
}

/** Reports whether a factor is `k`, `M`, `G` or `T`. */
export function isPrefix({ atom }: Factor): boolean {
  return atom.base === "" && "kMGT".includes(atom.symbol);
}

function nameOf(atom: Atom, many: boolean): string {
  const inflects = atom.base.startsWith("#") || /^(day|week|month|year)$/.test(atom.symbol);
  return many && inflects ? plural(atom.symbol) : atom.symbol;
}

function raised(power: number): string {
  return power === 1 ? "" : power === 2 ? "²" : power === 3 ? "³" : `^${power}`;
}

/** Returns the unit without the counted things: `devices/s` becomes `/s`. */
export function withoutLabels(unit: Unit): Unit {
  return unitOf(unit.factors.filter(({ atom }) => !atom.base.startsWith("#")));
}

/** Returns the powers of the bases of a unit; `labels: false` leaves the counted things out. */
export function dimensionsOf(unit: Unit, labels = true): Map<string, number> {
  const powers = new Map<string, number>();
  for (const { atom, power } of unit.factors) {
    if (atom.base === "" || !labels && atom.base.startsWith("#")) continue;
    const sum = (powers.get(atom.base) ?? 0) + power;
    if (sum === 0) powers.delete(atom.base);
    else powers.set(atom.base, sum);
  }
  return powers;
}

/** Reports whether two units measure the same; `labels: false` looks at the physical part only. */
export function sameDimensions(a: Unit, b: Unit, labels = true): boolean {
  if (a.text === b.text) return true;
  const left = dimensionsOf(a, labels);
  const right = dimensionsOf(b, labels);
  return left.size === right.size && [...left].every(([base, power]) => right.get(base) === power);
}

/** A ratio kept as two numbers of at least one, so that a thousandth is a division by a thousand. */
export interface Ratio {
  up: number;
  down: number;
}

function scaleBy(ratio: Ratio, size: number, per: number, power: number): void {
  const [up, down] = power > 0 ? [size, per] : [per, size];
  const shared = Math.max(up, down) / Math.min(up, down);
  if (up >= down) ratio.up *= shared ** Math.abs(power);
  else ratio.down *= shared ** Math.abs(power);
}

/** Returns the number of `to` in one `from`; the caller has checked the dimensions. */
export function conversion(from: Unit, to: Unit): Ratio {
  const { ratio } = combine(from, to, -1);
  return reduce(ratio);
}

function reduce({ up, down }: Readonly<Ratio>): Ratio {
  if (up >= down && Number.isInteger(up / down)) return { up: up / down, down: 1 };
  if (down >= up && Number.isInteger(down / up)) return { up: 1, down: down / up };
  return { up, down };
}

/**
 * Multiplies two units (`sign` 1) or divides them (`sign` -1).
 *
 * Atoms of one base are brought to the first one's, and pure numbers are taken out of the unit; the
 * factor that this costs comes back as `ratio`.
 */
export function combine(a: Unit, b: Unit, sign: 1 | -1): Combined {
  const key = `${a.text} ${sign} ${b.text}`;
  let known = combined.get(key);
  if (!known) combined.set(key, known = multiply(a, b, sign));
  return known;
}

/** A product of units, and the factor that it costs. */
interface Combined {
  readonly unit: Unit;
  readonly ratio: Readonly<Ratio>;
}

/** Estimates repeat their few products many times, Monte Carlo above all. */
const combined = new Map<string, Combined>();

function multiply(a: Unit, b: Unit, sign: 1 | -1): Combined {
  const ratio: Ratio = { up: 1, down: 1 };
  const byBase = new Map<string, Factor>();
  const factors = [...a.factors, ...b.factors.map((f) => ({ ...f, power: sign * f.power }))];
  for (const { atom, power } of factors) {
    const kept = byBase.get(atom.base);
    if (atom.base === "") {
      scaleBy(ratio, atom.size, atom.per, power);
    } else if (!kept) {
      byBase.set(atom.base, { atom, power });
    } else {
      scaleBy(ratio, atom.size, kept.atom.size, power);
      byBase.set(atom.base, { atom: kept.atom, power: kept.power + power });
    }
  }
  return { unit: unitOf([...byBase.values()].filter(({ power }) => power !== 0)), ratio };
}
