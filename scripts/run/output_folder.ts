/**
 * The folder that results go to.
 *
 * @module
 */
import { join } from "node:path";
import { UsageError } from "../usage.ts";

/**
 * Makes sure that a folder exists and can be written to, before anything runs.
 *
 * @throws {UsageError} when it cannot
 */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, `.probe-${crypto.randomUUID()}`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    throw new UsageError(
      `Cannot write results: the output folder must be one that can be written to: ` +
        `received ${folder} (${(error as Error).message}). Choose another with --out`,
    );
  }
}

/** A name for a file or folder, from text that may hold slashes or other separators. */
export function safeName(text: string): string {
  const name = text.replaceAll(/[^\p{L}\p{N}=.,%+_ -]+/gu, "-").replace(/^\.+/, "").trim();
  return name === "" ? "unnamed" : name;
}

/** One file name a path: the stem, with a number where two notebooks share it. */
export function uniqueStems(stems: readonly string[]): string[] {
  const taken = new Set<string>();
  return stems.map((stem) => {
    let name = stem;
    for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
    taken.add(name);
    return name;
  });
}
