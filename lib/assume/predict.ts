/**
 * The reader's predictions: written down before the experiments run, laid beside the results after.
 *
 * A prediction that is off by a factor of three teaches more than a result that one has only read. A
 * question mark or an empty text stands for no prediction.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { comparePredictions, predict } from "lib/assume/predict.ts";
 * import { quantity } from "lib/estimate/quantity.ts";
 *
 * predict({ pushes: "1 M/s", gateways: "500", state: "?" });
 * await comparePredictions({
 *   pushes: quantity(10e6, "/s"),
 *   gateways: quantity(500),
 *   state: quantity(13, "GB"),
 * });
 * await assertRejects(() => comparePredictions({ push: quantity(1) }), RangeError, "pushes");
 * ```
 */
import { nearest } from "../estimate/nearest.ts";
import { parseQuantity, type Quantity } from "../estimate/quantity.ts";
import { show } from "../show/show.ts";
import { table } from "../show/table.ts";

let predictions: Record<string, Quantity | undefined> = {};

/**
 * Writes predictions down, instead of any earlier ones.
 *
 * @throws {SyntaxError} When one is not a quantity.
 */
export function predict(expected: Readonly<Record<string, string | number>>): void {
  predictions = Object.fromEntries(
    Object.entries(expected).map(([name, text]) => [name, readPrediction(`${text}`)]),
  );
}

function readPrediction(text: string): Quantity | undefined {
  return /^\??$/.test(text.trim()) ? undefined : parseQuantity(text);
}

/**
 * Shows each prediction beside what came out, and by which factor it was off.
 *
 * @throws {RangeError} When nothing of that name was predicted, or it was predicted in another unit.
 */
export async function comparePredictions(
  results: Readonly<Record<string, Quantity>>,
): Promise<void> {
  const rows = Object.entries(results).map(([name, got]) => {
    if (!Object.hasOwn(predictions, name)) {
      const names = Object.keys(predictions);
      const known = [...nearest(name, names), ...names].slice(0, 1).join() || "none";
      throw new RangeError(
        `Cannot compare predictions: name must be one that was predicted: received "${name}"; there is ${known}`,
      );
    }
    const predicted = predictions[name];
    return {
      name,
      predicted: predicted ? `${predicted}` : "–",
      result: `${got}`,
      verdict: predicted ? verdictOf(predicted, got) : "no prediction",
    };
  });
  await show(table(rows, { caption: "Predictions and results" }));
}

function verdictOf(predicted: Quantity, got: Quantity): string {
  const value = predicted.in(got.unit);
  if (value === got.value) return "exact";
  if (value * got.value <= 0) return "another sign";
  const factor = value / got.value;
  if (factor > 0.9 && factor < 1.1) return "within 10 %";
  const times = factor > 1 ? factor : 1 / factor;
  return `${times < 10 ? times.toFixed(1) : Math.round(times)} times too ${
    factor > 1 ? "high" : "low"
  }`;
}
