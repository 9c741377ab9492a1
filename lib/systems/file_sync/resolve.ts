/**
 * What becomes of a file that two sides have changed: no outcome loses an edit.
 *
 * @module
 */
import { merge3, mergedText } from "./merge3.ts";

/** A file as each side has it; null where it was deleted or never was. */
export interface Sides {
  path: string;
  ancestor: string | null;
  ours: string | null;
  theirs: string | null;
}

export interface Outcome {
  /** `merged`: both texts in one; `conflict`: marked for a person; `kept`: an edit outlived a deletion; `copy`: two files. */
  kind: "merged" | "conflict" | "kept" | "copy";
  /** The file from now on. */
  content: string | null;
  /** Ours, beside it under another name. */
  copy?: string;
}

/** Whether a text is one: without a NUL in it, by which Git tells too. */
export function isText(content: string): boolean {
  return !content.includes("\0");
}

/** The name of our copy: `plan (conflict laptop 7).txt`. */
export function conflictName(path: string, device: string, id: number): string {
  const [, stem, extension = ""] = path.match(/^(.*?[^/])(\.[^./]*)?$/s) ?? ["", path];
  return `${stem} (conflict ${device} ${id})${extension}`;
}

/** Merges text, keeps both of anything else, and lets an edit outlive a deletion. */
export function resolve({ ancestor, ours, theirs }: Sides): Outcome {
  if (ours === theirs) return { kind: "merged", content: theirs };
  if (ours === null || theirs === null) return { kind: "kept", content: ours ?? theirs };
  if (![ancestor ?? "", ours, theirs].every(isText)) {
    return { kind: "copy", content: theirs, copy: ours };
  }
  const merge = merge3(ancestor ?? "", ours, theirs);
  return { kind: merge.conflicts > 0 ? "conflict" : "merged", content: mergedText(merge) };
}
