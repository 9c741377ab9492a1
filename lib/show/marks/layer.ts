/**
 * Several marks on common axes: measured points on a predicted line, a band behind a mean.
 *
 * A builder without a `title` makes a part; `layer` draws parts in order, the last on top. Rows of
 * each part are its own, only units, scales and series names have to agree.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { layer } from "./layer.ts";
 * import { line } from "./line.ts";
 * import { point } from "./point.ts";
 *
 * const axes = {
 *   x: { field: "loss", unit: "%" },
 *   y: { field: "rate", title: "false offline (1/h)", scale: "log" },
 * } as const;
 * const chart = layer([
 *   line([{ loss: 1, rate: 0.0024 }, { loss: 10, rate: 2.2 }], { ...axes, dashed: true, name: "formula" }),
 *   point([{ loss: 1, rate: 0.0022 }, { loss: 10, rate: 2.3 }], { ...axes, name: "simulated" }),
 * ], { title: "The formula holds for independent losses" });
 * assertEquals((chart.layer as unknown[]).length, 2);
 * ```
 *
 * @module
 */
import { assemble } from "../chart/assemble.ts";
import type { Chart, ChartOptions } from "../chart/chart.ts";
import { isPart, type Part } from "../chart/part.ts";

/**
 * Draws parts on common axes.
 *
 * @throws {TypeError} when something is no part, or parts differ in the unit or scale of an axis.
 */
export function layer(parts: readonly Part[], options: ChartOptions): Chart {
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every(isPart)) {
    throw new TypeError(
      `Cannot draw layer: marks must be made by line, point, bar … without a title: received ${
        Deno.inspect(Array.isArray(parts) ? parts.find((part) => !isPart(part)) : parts, {
          depth: 0,
        })
      }`,
    );
  }
  return assemble(parts, options);
}
