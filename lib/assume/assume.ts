/**
 * The assumptions of a notebook: declared once, changed by the reader, shown with their sources.
 *
 * A cell calls `assume` with every assumption's default, unit, range and source, and with the reader's
 * changes. It gets typed values and shows the table. Headless runs set overrides before it. Whatever
 * is wrong with the changes is said in one error, and nothing runs on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { assume, type Changes } from "lib/assume/mod.ts";
 *
 * const changes: Changes = { heartbeat: "5 s" };
 * const a = await assume({
 *   connections: { default: 50e6, unit: "devices", range: [1e3, 2e8], source: "requirement" },
 *   heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "offline within 5 s" },
 * }, changes);
 * assertEquals(`${a.connections.per(a.heartbeat)}`, "10 M devices/s");
 * ```
 */
import { nearest } from "../estimate/nearest.ts";
import { quantity } from "../estimate/quantity.ts";
import { type Range, withRanges } from "../estimate/ranges.ts";
import { checkDeclarations } from "./check_declarations.ts";
import type { Changes, Declarations, NumberAssumption, Values } from "./declaration.ts";
import type { Resolved } from "./resolve.ts";
import { showAssumptions } from "./show_assumptions.ts";
import { remember } from "./state.ts";

/**
 * Shows the assumptions and returns their values.
 *
 * @throws {AssumptionError} That lists all unknown names, wrong units, values out of range and options
 * that do not exist among the changes.
 * @throws {RangeError} When a declaration is wrong in itself.
 */
export async function assume<const S extends Declarations>(
  declared: S,
  changes: Changes = {},
): Promise<Values<S>> {
  checkDeclarations(declared);
  const resolved = remember(declared, changes);
  await showAssumptions(resolved);
  return valuesOf(declared, resolved) as Values<S>;
}

function valuesOf(declared: Declarations, resolved: readonly Resolved[]): object {
  const values: Record<string, unknown> = {};
  const ranges: Record<string, Range> = {};
  for (const { name, value, unit, range } of resolved) {
    const declaration = declared[name];
    if (typeof value === "string") {
      values[name] = "options" in declaration ? value : value === "true";
    } else if ("unit" in declaration) {
      values[name] = quantity(value, unit);
      const { whole } = declaration as NumberAssumption;
      ranges[name] = { low: range![0], high: range![1], whole };
    } else {
      values[name] = value;
    }
  }
  return new Proxy(Object.freeze(withRanges(values, ranges)), { get: read });
}

/** Reads a value; a misspelt name is an error, for a cell that is not type-checked. */
function read(values: Record<string, unknown>, name: string | symbol): unknown {
  if (name in values || typeof name === "symbol" || name === "then" || name === "toJSON") {
    return Reflect.get(values, name);
  }
  const names = Object.keys(values);
  const near = nearest(name, names);
  const way = near.length > 0
    ? `did you mean ${near.join(" or ")}?`
    : `there are ${names.join(", ")}`;
  throw new TypeError(
    `Cannot read assumption: name must be one that was declared: received "${name}"; ${way}`,
  );
}
