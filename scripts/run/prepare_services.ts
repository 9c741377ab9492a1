/**
 * Brings the services that our notebooks ask for, where the machine does not have them.
 *
 * What cannot be had is said, and the notebooks run all the same: the one that needs it says how to get it.
 *
 * @module
 */
import { join } from "node:path";
import { ROOT } from "../select.ts";
import { setup } from "../setup.ts";
import { UsageError } from "../usage.ts";

/**
 * Sets up Redis when one of the notebooks is ours; others bring their own.
 *
 * @throws {UsageError} when the project folder cannot be written, or npm packages cannot be had
 */
export async function prepareServices(paths: readonly string[]): Promise<void> {
  const ours = join(ROOT, "notebooks");
  if (!paths.some((path) => path.startsWith(ours))) return;
  try {
    await setup({ need: ["redis"] });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
