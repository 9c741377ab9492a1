/**
 * What this notebook assumes: one set in a kernel, replaced whenever its cell runs again.
 *
 * The runner's injected cell sets overrides before the parameters cell; they win over the changes that
 * the reader typed there.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { changed, override, remember } from "lib/assume/state.ts";
 *
 * const declared = {
 *   heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "5 s until offline" },
 * } as const;
 * override({ heartbeat: "5s" });
 * remember(declared, { heartbeat: 2 });
 * assertEquals(changed(), ["heartbeat"]);
 * ```
 */
import type { Changes, Declarations } from "./declaration.ts";
import { resolve, type Resolved } from "./resolve.ts";

let overrides: Changes = {};
let current: Resolved[] = [];

/** Sets what the runner was asked to change; called before the parameters cell. */
export function override(changes: Changes): void {
  overrides = { ...changes };
}

/**
 * Resolves the declarations under the overrides and the reader's changes, and keeps the outcome.
 *
 * @throws {AssumptionError} When a change cannot be made; nothing is kept then.
 */
export function remember(declared: Declarations, changes: Changes): Resolved[] {
  current = [];
  current = resolve(declared, { ...changes, ...overrides });
  return current;
}

/** Returns the names of the assumptions that differ from their defaults. */
export function changed(): string[] {
  return current.filter((assumption) => assumption.changed).map(({ name }) => name);
}

/** Returns the assumptions in force. */
export function assumptions(): readonly Resolved[] {
  return current;
}
