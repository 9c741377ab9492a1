/**
 * How a notebook declares its assumptions, and what types the values get from that.
 *
 * An assumption with a unit becomes a `Quantity` of that unit's dimension, one without a unit a plain
 * number (a seed), one with options the union of them, one with a boolean default a boolean.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { Values } from "lib/assume/declaration.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * const declared = {
 *   heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "5 s until offline" },
 *   lossModel: { default: "bursts", options: ["bernoulli", "bursts"], source: "radio fades" },
 * } as const;
 * const values: Values<typeof declared> = { heartbeat: quantity(2, "s"), lossModel: "bernoulli" };
 * assertEquals(`${values.heartbeat}`, "2 s");
 * ```
 */
import type { DimensionOf, Quantity, UnitText } from "../estimate/quantity.ts";

/** A number with a unit; without one it is a plain number such as a seed. */
export interface NumberAssumption {
  /** In `unit`. */
  readonly default: number;
  readonly unit?: UnitText;
  /** The smallest and the largest sane value, in `unit`. */
  readonly range: readonly [number, number];
  /** Refuses values that are not whole numbers of `unit`. */
  readonly whole?: boolean;
  /** Why this value, or who published it. */
  readonly source: string;
}

/** One of several named options. */
export interface ChoiceAssumption {
  readonly default: string;
  readonly options: readonly string[];
  readonly source: string;
}

/** Yes or no. */
export interface FlagAssumption {
  readonly default: boolean;
  readonly source: string;
}

export type Assumption = NumberAssumption | ChoiceAssumption | FlagAssumption;

/** What {@linkcode assume} is called with. */
export type Declarations = Readonly<Record<string, Assumption>>;

/** Values that the reader sets: `{ heartbeat: "5 s", loss: "2 %" }`; a bare number is in the unit of the declaration. */
export type Changes = Record<string, string | number | boolean>;

/** What one assumption becomes. */
export type ValueOf<A> = A extends { options: readonly (infer O)[] } ? O
  : A extends { default: boolean } ? boolean
  : A extends { unit: infer U extends string } ? Quantity<DimensionOf<U>>
  : number;

/** What {@linkcode assume} returns. */
export type Values<S> = { readonly [Name in keyof S]: ValueOf<S[Name]> };
