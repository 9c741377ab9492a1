/**
 * Applies a reader's changes to declared assumptions, or says everything that is wrong with them.
 *
 * Each change is read in the unit of its declaration, converted and checked against the range. All
 * problems come in one error, each with its way out, so that a reader corrects them in one go.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { resolve } from "lib/assume/resolve.ts";
 *
 * const declared = {
 *   heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "5 s until offline" },
 * } as const;
 * const [heartbeat] = resolve(declared, { heartbeat: "500 ms" });
 * assertEquals([heartbeat.value, heartbeat.unit, heartbeat.changed], [0.5, "s", true]);
 * assertThrows(() => resolve(declared, { hartbeat: 5 }), Error, "did you mean heartbeat?");
 * ```
 */
import { nearest } from "../estimate/nearest.ts";
import { parseQuantity, type Quantity, quantity } from "../estimate/quantity.ts";
import type { Assumption, Changes, Declarations, NumberAssumption } from "./declaration.ts";

/** What a reader asked of the assumptions cannot be done; the runner ends with status 2 on it. */
export class AssumptionError extends RangeError {
  override name = "AssumptionError";
}

/** One assumption with its value: a number in `unit`, or the text of an option or a flag. */
export interface Resolved {
  name: string;
  value: number | string;
  /** `""` for options and flags, `"1"` for plain numbers. */
  unit: string;
  default: number | string;
  range?: [number, number];
  options?: string[];
  source: string;
  changed: boolean;
}

/**
 * Returns every declared assumption with the value that `changes` give it.
 *
 * @throws {AssumptionError} That lists every unknown name, wrong unit, value out of range and option
 * that does not exist.
 */
export function resolve(declared: Declarations, changes: Changes): Resolved[] {
  const problems: string[] = [];
  for (const name of Object.keys(changes)) {
    if (!Object.hasOwn(declared, name)) problems.push(unknownName(name, Object.keys(declared)));
  }
  const resolved = Object.entries(declared).map(([name, assumption]) => {
    const entry = atDefault(name, assumption);
    if (!Object.hasOwn(changes, name)) return entry;
    try {
      const value = read(name, assumption, changes[name]);
      return { ...entry, value, changed: value !== entry.default };
    } catch (error) {
      problems.push((error as Error).message);
      return entry;
    }
  });
  if (problems.length > 0) throw new AssumptionError(listed("change", problems));
  return resolved;
}

/** Says one problem in a line, several as a list. */
export function listed(verb: string, problems: string[]): string {
  return problems.length === 1
    ? `Cannot ${verb} assumption: ${problems[0]}`
    : `Cannot ${verb} assumptions:\n${problems.map((problem) => `- ${problem}`).join("\n")}`;
}

/** Says that an assumption does not exist, and which one may have been meant. */
export function unknownName(name: string, names: string[]): string {
  const near = nearest(name, names);
  const way = near.length > 0
    ? `did you mean ${near.join(" or ")}?`
    : `there are ${names.join(", ")}`;
  return `${name} must be the name of an assumption: received ${JSON.stringify(name)}; ${way}`;
}

function atDefault(name: string, assumption: Assumption): Resolved {
  const { source } = assumption;
  if (!isNumber(assumption)) {
    const value = String(assumption.default);
    const options = optionsOf(assumption);
    return { name, value, unit: "", default: value, options, source, changed: false };
  }
  const { default: value, unit = "1", range: [low, high] } = assumption;
  return { name, value, unit, default: value, range: [low, high], source, changed: false };
}

/** Reports whether an assumption is numeric. */
export function isNumber(assumption: Assumption): assumption is NumberAssumption {
  return typeof assumption.default === "number";
}

function optionsOf(assumption: Assumption): string[] {
  return "options" in assumption ? [...assumption.options] : ["true", "false"];
}

function read(name: string, assumption: Assumption, change: Changes[string]): number | string {
  return isNumber(assumption)
    ? readNumber(name, assumption, change)
    : readOption(name, optionsOf(assumption), String(change).trim());
}

function readOption(name: string, options: string[], given: string): string {
  if (options.includes(given)) return given;
  const near = nearest(given, options);
  const way = near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "";
  throw new RangeError(
    `${name} must be ${options.join(" or ")}: received ${JSON.stringify(given)}${way}`,
  );
}

function readNumber(
  name: string,
  { unit = "1", range: [low, high], whole, default: usual }: NumberAssumption,
  change: Changes[string],
): number {
  const given = readQuantity(name, unit, quantity(usual, unit), change);
  const value = given.in(unit);
  if (value < low || value > high) {
    throw new RangeError(
      `${name} must be from ${quantity(low, unit)} to ${quantity(high, unit)}: received ${given}`,
    );
  }
  if (whole && !Number.isInteger(value)) {
    throw new RangeError(`${name} must be a whole number: received ${given}`);
  }
  return value;
}

function readQuantity(
  name: string,
  unit: string,
  usual: Quantity,
  change: Changes[string],
): Quantity {
  const rule = `${name} must be ${unit === "1" ? "a number" : `in ${unit}`}, such as ${usual}`;
  try {
    if (typeof change === "number") return quantity(change, unit);
    const given = parseQuantity(String(change));
    const bare = given.unit === "1";
    if (!bare) given.in(unit);
    return bare ? quantity(given.value, unit) : given;
  } catch (error) {
    const why = error instanceof SyntaxError
      ? `; ${error.message.replace(/^Cannot/, "cannot")}`
      : "";
    throw new RangeError(`${rule}: received ${JSON.stringify(change)}${why}`);
  }
}
