/**
 * Expressions that Vega computes in the browser, checked and computed here as well.
 *
 * @module
 */
import { parseExpression } from "../vega.ts";

const MATH = ["abs", "ceil", "exp", "floor", "log", "max", "min", "pow", "round", "sqrt"] as const;

/**
 * Makes a function of an expression over these names.
 *
 * @throws {SyntaxError} when Vega cannot parse it, {@linkcode TypeError} when it uses other names.
 */
export function compileFormula(
  expression: string,
  names: readonly string[],
): (...values: number[]) => number {
  const subject = `Cannot draw sliders: expression must be in Vega's language, over ${
    names.join(", ")
  }`;
  const received = `received ${JSON.stringify(expression)}`;
  try {
    parseExpression(expression);
  } catch (error) {
    throw new SyntaxError(`${subject}: ${received} (${(error as Error).message})`);
  }
  const used = expression.match(/(?<![\w.])[A-Za-z_]\w*/g) ?? [];
  const unknown = used.find((name) => !names.includes(name) && !MATH.includes(name as "abs"));
  if (unknown !== undefined) {
    throw new TypeError(`${subject} and ${MATH.join(", ")}: ${received} (${unknown} is unknown)`);
  }
  const formula = new Function(...MATH, ...names, `"use strict"; return (${expression});`);
  return (...values) => formula(...MATH.map((name) => Math[name]), ...values);
}

/** The expression with this name read from the row instead of a slider. */
export function withDatum(expression: string, name: string): string {
  return expression.replace(new RegExp(`(?<![\\w.])${name}\\b`, "g"), `datum.${name}`);
}
