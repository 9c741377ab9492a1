/**
 * Finds the mistakes of an author in declared assumptions: all of them, in one error.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkDeclarations } from "lib/assume/check_declarations.ts";
 *
 * const declared = { loss: { default: 40, unit: "%", range: [0, 30], source: "mobile" } } as const;
 * assertThrows(() => checkDeclarations(declared), RangeError, "default must be from 0 % to 30 %");
 * ```
 */
import { quantity } from "../estimate/quantity.ts";
import type {
  Assumption,
  ChoiceAssumption,
  Declarations,
  NumberAssumption,
} from "./declaration.ts";
import { isNumber, listed } from "./resolve.ts";

/**
 * Checks names, units, ranges, options and sources.
 *
 * @throws {RangeError} That lists every mistake.
 */
export function checkDeclarations(declared: Declarations): void {
  const problems = Object.entries(declared).flatMap(([name, assumption]) =>
    mistakes(name, assumption).map((mistake) => `${name}: ${mistake}`)
  );
  if (problems.length > 0) throw new RangeError(listed("declare", problems));
}

function mistakes(name: string, assumption: Assumption): string[] {
  const found: string[] = [];
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) found.push(`name must be camelCase: received "${name}"`);
  if (!assumption.source?.trim()) found.push(`source must say why or who: received nothing`);
  if (isNumber(assumption)) found.push(...numberMistakes(assumption));
  else if ("options" in assumption) found.push(...optionMistakes(assumption));
  return found;
}

function optionMistakes({ options, default: usual }: ChoiceAssumption): string[] {
  return options.includes(usual)
    ? []
    : [`default must be one of ${options.join(", ")}: received "${usual}"`];
}

function numberMistakes(assumption: NumberAssumption): string[] {
  const { unit = "1", range, default: usual, whole } = assumption;
  try {
    const [low, high] = range.map((bound) => quantity(bound, unit));
    if (!low.lessThan(high)) return [`range must rise: received ${low} to ${high}`];
    const value = quantity(usual, unit);
    if (!low.atMost(value) || !value.atMost(high)) {
      return [`default must be from ${low} to ${high}: received ${value}`];
    }
    return whole && !Number.isInteger(usual) ? [`default must be whole: received ${usual}`] : [];
  } catch (error) {
    return [(error as Error).message];
  }
}
