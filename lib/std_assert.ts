/**
 * The functions of JSR's `@std/assert` that this project uses, for machines that cannot reach JSR.
 *
 * Names, signatures and messages follow `@std/assert` 1.x; equality and differences come from
 * `node:assert`. `deno.json` maps `@std/assert` to this file; one commented line there switches to
 * the original.
 *
 * Simplified: a failed `assertEquals` prints `node:assert`'s difference instead of the coloured one.
 *
 * @example
 * ```ts
 * import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals({ beats: [1, 2] }, { beats: [1, 2] });
 * assertAlmostEquals(0.1 + 0.2, 0.3);
 * assertThrows(() => JSON.parse("{"), SyntaxError);
 * ```
 */
import nodeAssert from "node:assert";

/** Thrown by every failed assertion. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function suffix(msg?: string): string {
  return msg ? `: ${msg}` : ".";
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 6, sorted: true, strAbbreviateSize: Infinity });
}

/** Reports whether two values are deeply equal, as `node:assert.deepStrictEqual` sees it. */
export function equal(a: unknown, b: unknown): boolean {
  try {
    nodeAssert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError(msg);
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Fails when reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}

/** Fails unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    const difference = (error as Error).message.replace(/^[^\n]*\n/, "");
    throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference}`);
  }
}

/** Fails when the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${show(actual)} not to be: ${show(expected)}${suffix(msg)}`,
  );
}

/** Fails unless `Object.is(actual, expected)`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${suffix(msg)}\n\n${show(actual)}\n${show(expected)}`,
  );
}

/** Fails when `Object.is(actual, expected)`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${show(actual)}${suffix(msg)}`,
  );
}

/** Fails unless the two numbers differ by at most `tolerance`, by default 1e-7 of `expected`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = Number.isFinite(expected) ? Math.abs(expected * 1e-7) || 1e-7 : 1e-7,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  if (delta <= tolerance) return;
  const shown = (x: number) => Number.isInteger(x) ? x : x.toExponential();
  throw new AssertionError(
    `Expected actual: "${shown(actual)}" to be close to "${shown(expected)}": delta "${
      shown(delta)
    }" is greater than "${shown(tolerance)}"${suffix(msg)}`,
  );
}

/** Fails when the value is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

function compare<T>(holds: boolean, relation: string, actual: T, expected: T, msg?: string): void {
  if (!holds) {
    throw new AssertionError(msg ?? `Expect ${show(actual)} ${relation} ${show(expected)}`);
  }
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  compare(actual > expected, ">", actual, expected, msg);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  compare(actual >= expected, ">=", actual, expected, msg);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  compare(actual < expected, "<", actual, expected, msg);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  compare(actual <= expected, "<=", actual, expected, msg);
}

/** Fails unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) return;
  throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`);
}

/** Fails when the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
  );
}

/** Fails unless the text contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`);
}

/** Fails unless every element of `expected` is deeply equal to one of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const missing = Array.from(expected).filter((want) =>
    !Array.from(actual).some((have) => equal(have, want))
  );
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${show(actual)}" to include: "${show(expected)}"${suffix(msg)}\nmissing: ${
      show(missing)
    }`,
  );
}

function subset(actual: unknown, expected: unknown): unknown {
  if (expected === null || typeof expected !== "object" || Array.isArray(expected)) return actual;
  if (actual === null || typeof actual !== "object") return actual;
  const picked: Record<string, unknown> = {};
  for (const key of Object.keys(expected)) {
    if (!(key in actual)) continue;
    picked[key] = subset(
      (actual as Record<string, unknown>)[key],
      (expected as Record<string, unknown>)[key],
    );
  }
  return picked;
}

/** Fails unless `expected`'s fields, at every depth, are in `actual` with equal values. */
export function assertObjectMatch(
  actual: Record<PropertyKey, unknown>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(subset(actual, expected), expected, msg);
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any
  expectedType: abstract new (...args: any[]) => T,
  msg = "",
): asserts actual is T {
  if (actual instanceof expectedType) return;
  const name = (actual as { constructor?: { name: string } } | null)?.constructor?.name ??
    typeof actual;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${name}"${suffix(msg)}`,
  );
}

/** Fails unless `error` is an Error, of the class and with the message part where they are given. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected "error" to be an Error object${suffix(msg)}`);
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"${
        suffix(msg)
      }`,
    );
  }
  if (msgMatches === undefined) return;
  const matches = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : msgMatches.test(error.message);
  if (matches) return;
  throw new AssertionError(
    `Expected error message to include ${show(msgMatches)}, but got ${show(error.message)}${
      suffix(msg)
    }`,
  );
}

/** Fails unless `fn` throws, an error of the class and with the message part where they are given. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    assertIsError(error, ErrorClass, msgIncludes, msg);
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(msg)}`);
}

/** Fails unless the promise rejects, with an error of the class and the message part where given. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    assertIsError(error, ErrorClass, msgIncludes, msg);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(msg)}`);
}
