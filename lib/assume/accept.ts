/**
 * Acceptance lines: what a notebook promises at its defaults, and a finding when the reader changes them.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { accept } from "lib/assume/accept.ts";
 *
 * await accept("detection within the SLO", 4.95 <= 5, "4.95 s of 5 s");
 * await assertRejects(() => accept("detection within the SLO", 90 <= 5, "90 s of 5 s"), Error, "90 s");
 * ```
 */
import { emit, FACTS } from "../show/emit.ts";
import { assumptions } from "./state.ts";

/**
 * Shows whether a condition holds. With every assumption at its default a miss fails the notebook;
 * with a changed one it is shown as a finding.
 *
 * `detail` says what was measured against what, with units.
 *
 * @throws {Error} When the condition does not hold at the defaults.
 */
export async function accept(name: string, condition: boolean, detail: string): Promise<void> {
  if (typeof condition !== "boolean") {
    throw new TypeError(
      `Cannot accept "${name}": condition must be a boolean: received ${Deno.inspect(condition)}`,
    );
  }
  const changes = assumptions().filter(({ changed }) => changed);
  const defaults = changes.length === 0;
  const because = changes.map(({ name, value, unit }) => `${name} = ${value} ${unit}`.trim());
  const verdict = condition
    ? "Holds"
    : defaults
    ? "Does not hold"
    : `Finding: no longer holds with ${because.join(", ")}`;
  await emit({
    data: {
      "text/markdown": `**${verdict}.** ${name}: ${detail}`,
      "text/plain": `${verdict}. ${name}: ${detail}`,
      [FACTS]: { kind: "accept", name, pass: condition, detail, defaults },
    },
  });
  if (!condition && defaults) {
    throw new Error(
      `Cannot accept "${name}": condition must hold at the default assumptions: received ${detail}`,
    );
  }
}
