/**
 * Files that a notebook made: alert rules, dashboards, schemas.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { safeName } from "../run/output_folder.ts";
import { writeWhole } from "../write_file.ts";
import type { Entry } from "./entry.ts";

/** Where a file is in the report. */
export function artefactPath(stem: string, name: string): string {
  return `files/${stem}/${safeName(name)}`;
}

/** Writes a notebook's files into a report; their paths. */
export async function writeArtefacts(entry: Entry, outDir: string): Promise<string[]> {
  const paths = new Map(
    entry.facts.files.map(({ name, text }) => [
      join(outDir, artefactPath(entry.session.stem, name)),
      text,
    ]),
  );
  for (const [path, text] of paths) {
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeWhole(path, text);
  }
  return [...paths.keys()];
}
