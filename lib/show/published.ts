/**
 * Holds a number of ours against one that somebody else published.
 *
 * The row is shown either way; a miss then fails the cell, so that a notebook never claims a
 * reproduction that it does not have.
 *
 * @example
 * ```ts
 * import { published } from "./published.ts";
 *
 * await published({
 *   name: "mean periods to first detection",
 *   source: "Das, Gupta, Motivala: SWIM (2002)",
 *   expected: 1 / (1 - 1 / Math.E),
 *   got: 1.58,
 *   tolerance: 0.02,
 * });
 * ```
 *
 * @module
 */
import { formatNumber } from "./chart/number_format.ts";
import { emit, FACTS } from "./emit.ts";
import { type Fact, factOf, type QuantityLike } from "./facts.ts";
import { table, tableBundle } from "./table.ts";

/** A published number and ours. */
export interface Published {
  /** What the number is. */
  name: string;
  /** Who published it, and where. */
  source: string;
  expected: number | QuantityLike;
  /** Ours, in the unit of `expected`. */
  got: number | QuantityLike;
  /** The greatest difference that counts as the same, relative to `expected`: 0.02 is 2 %. */
  tolerance: number;
  /** Unit of plain numbers. */
  unit?: string;
}

/** Whole numbers, such as hashes, are compared to the last digit, and so printed. */
function inFull(pair: [Fact, Fact]): [Fact, Fact] {
  if (!pair.every(({ value, unit }) => Number.isSafeInteger(value) && unit === "1")) return pair;
  const [expected, got] = pair.map((fact) => ({
    ...fact,
    text: fact.value.toLocaleString("en").replace("-", "−"),
  }));
  return [expected, got];
}

/**
 * Shows a published number beside ours.
 *
 * @throws {RangeError} when they differ by more than the tolerance.
 */
export async function published(claim: Published): Promise<void> {
  const { name, source, tolerance, unit } = claim;
  for (const [key, text] of Object.entries({ name, source })) {
    if (typeof text === "string" && text.trim() !== "") continue;
    throw new TypeError(`Cannot compare: ${key} must be a text: received ${Deno.inspect(text)}`);
  }
  const subject = `Cannot reproduce ${name}`;
  const [expected, got] = inFull([
    factOf(`${subject}: expected`, claim.expected, unit),
    factOf(`${subject}: got`, claim.got, unit),
  ]);
  if (expected.unit !== got.unit) {
    throw new TypeError(
      `${subject}: got must be in the unit of expected, ${expected.unit}: received ${got.text}`,
    );
  }
  if (!(tolerance >= 0 && tolerance < 1)) {
    throw new RangeError(
      `${subject}: tolerance must be relative, from 0 to below 1: received ${tolerance}`,
    );
  }
  if (expected.value === 0 && tolerance > 0) {
    throw new RangeError(
      `${subject}: tolerance must be 0 where the expected value is 0: received ${tolerance}`,
    );
  }
  const difference = Math.abs(got.value - expected.value);
  const off = difference === 0 ? 0 : difference / Math.abs(expected.value);
  // A difference of the last binary digits is no miss.
  const pass = off <= tolerance * (1 + 1e-12);
  const percent = (share: number) => `${formatNumber(100 * share)} %`;
  const row = {
    name,
    published: expected.text,
    ours: got.text,
    difference: percent(off),
    tolerance: percent(tolerance),
    verdict: pass ? "reproduced" : "missed",
    source,
  };
  const { data } = tableBundle(table([row], {
    columns: [
      "name",
      ...(["published", "ours", "difference", "tolerance"] as const)
        .map((field) => ({ field, align: "right" as const })),
      "verdict",
      "source",
    ],
    caption: "Checked against a published number",
  }));
  const facts = {
    kind: "published",
    name,
    source,
    expected: expected.value,
    got: got.value,
    tolerance,
    ...(expected.unit !== "1" && { unit: expected.unit }),
    pass,
  };
  await emit({ data: { ...data, [FACTS]: facts } });
  if (pass) return;
  throw new RangeError(
    `${subject}: got must be within ${row.tolerance} of ${expected.text} (${source}): ` +
      `received ${got.text}, ${row.difference} off`,
  );
}
