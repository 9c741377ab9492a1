/**
 * Week 8 against what its users would pick instead, a file a session in `week_08/`.
 *
 * @module
 */
import { save } from "./paired.ts";
import { affinity } from "./week_08/affinity.ts";
import { fileSync } from "./week_08/file_sync.ts";
import { geo } from "./week_08/geo.ts";

/** Runs all comparisons of week 8. */
export async function main(): Promise<void> {
  await save("week-08", [...await fileSync(), ...await geo(), ...await affinity()]);
}

if (import.meta.main) await main();
