/**
 * Writes files whole: a reader, or a run that is cut short, sees the old content or the new, never a half.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";

/** Writes a file beside its place first, then moves it there. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
