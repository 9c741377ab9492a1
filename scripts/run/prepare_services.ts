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
import { servicesOf } from "../setup/services.ts";
import { UsageError } from "../usage.ts";

/**
 * Sets up what those of the notebooks call that are ours; others bring their own.
 *
 * @throws {UsageError} when the project folder cannot be written, or npm packages cannot be had
 */
export async function prepareServices(paths: readonly string[]): Promise<void> {
  const ours = join(ROOT, "notebooks");
  const texts = paths.filter((path) => path.startsWith(ours)).map((path) =>
    Deno.readTextFileSync(path)
  );
  const need = servicesOf(texts.join("\n"));
  if (need.length === 0) return;
  try {
    await setup({ need });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
