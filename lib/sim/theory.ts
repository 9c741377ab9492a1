/**
 * Theory beside observation: a table that says whether a simulation may be trusted.
 *
 * Each row has what a formula predicts, what the run gave with its standard error, and how many
 * standard errors lie between them (z). Three or less agree: a correct simulation exceeds that in
 * about one row of 200 to 370, depending on how many batches the error comes from.
 *
 * @example
 * ```ts
 * import { compare, disagreements } from "lib/sim/theory.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = compare([
 *   { quantity: "wait (s)", theory: 4, observed: { mean: 3.5, standardError: 0.25 } },
 *   { quantity: "lost (share)", theory: 0.1, observed: { mean: 0.2, standardError: 0.01 } },
 * ]);
 * assertEquals(rows.map((row) => row.z), [-2, 10]);
 * assertEquals(disagreements(rows), ["lost (share): theory 0.1, observed 0.2 ± 0.01, z = 10"]);
 * ```
 */

/** A prediction and a measurement of the same quantity. */
export interface Comparison {
  /** What it is, with its unit. */
  readonly quantity: string;
  /** NaN or infinite where the theory has no answer, as for a load of 1 or more. */
  readonly theory: number;
  /** An `Estimate`, or anything with its two fields. */
  readonly observed: { readonly mean: number; readonly standardError: number };
}

/** A row of the table. */
export interface TheoryRow {
  readonly quantity: string;
  readonly theory: number;
  readonly observed: number;
  readonly standardError: number;
  /** (observed - theory) / standard error; NaN where the theory has no answer. */
  readonly z: number;
  readonly verdict: "agrees" | "differs" | "no steady state";
}

/** The rows of the table; `limit` is the largest |z| that agrees. */
export function compare(comparisons: readonly Comparison[], limit = 3): TheoryRow[] {
  return comparisons.map(({ quantity, theory, observed }) => {
    const { mean, standardError } = observed;
    const difference = mean - theory;
    const z = difference === 0 ? 0 : Number.isFinite(theory) ? difference / standardError : NaN;
    const verdict = Number.isNaN(z)
      ? "no steady state"
      : Math.abs(z) <= limit
      ? "agrees"
      : "differs";
    return { quantity, theory, observed: mean, standardError, z, verdict };
  });
}

/** What differs, a line each, for an assertion or a warning; empty when all rows agree. */
export function disagreements(rows: readonly TheoryRow[]): string[] {
  return rows.filter((row) => row.verdict === "differs").map((row) => {
    const [theory, observed, error, z] = [row.theory, row.observed, row.standardError, row.z]
      .map((value) => +value.toPrecision(4));
    return `${row.quantity}: theory ${theory}, observed ${observed} ± ${error}, z = ${z}`;
  });
}

/** The share of `count` trials that came out so, with its standard error. */
export function share(successes: number, count: number): { mean: number; standardError: number } {
  if (!(count >= 1 && successes >= 0 && successes <= count)) {
    throw new RangeError(
      `Cannot estimate share: successes must be between 0 and count: received ${successes} of ${count}`,
    );
  }
  const mean = successes / count;
  return { mean, standardError: Math.sqrt(mean * (1 - mean) / count) };
}
