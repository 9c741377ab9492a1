/**
 * Marks a key result of a notebook, which sweeps lay side by side and `results.json` collects.
 *
 * @example
 * ```ts
 * import { result } from "./result.ts";
 *
 * await result("worst detection", 4.95, "s");
 * ```
 *
 * @module
 */
import { emit, FACTS } from "./emit.ts";
import { factOf, type QuantityLike } from "./facts.ts";

/** Shows a named value: a quantity, or a number with its unit. Await it last in a cell. */
export async function result(
  name: string,
  value: number | QuantityLike,
  unit?: string,
): Promise<void> {
  if (typeof name !== "string" || name.trim() === "") {
    throw new TypeError(
      `Cannot show result: name must say what it is: received ${Deno.inspect(name)}`,
    );
  }
  const fact = factOf(`Cannot show result: ${name}`, value, unit);
  await emit({
    data: {
      "text/markdown": `**${name}:** ${fact.text}`,
      "text/plain": `${name}: ${fact.text}`,
      [FACTS]: { kind: "result", name, ...fact },
    },
  });
}
