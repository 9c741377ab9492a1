/**
 * A short text that changes when any of the inputs of a set-up step changes.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** The digest of a version and of the content of files; a missing file counts as empty. */
export async function digest(version: string, ...paths: string[]): Promise<string> {
  const hash = createHash("sha256").update(version);
  for (const path of paths) hash.update("\0").update(await Deno.readFile(path).catch(() => ""));
  return hash.digest("hex").slice(0, 16);
}
