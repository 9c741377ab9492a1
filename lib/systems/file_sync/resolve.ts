/**
 * What becomes of a file that two sides have changed: no outcome loses an edit.
 *
 * Text is merged where both changed different lines. Everything else is kept twice, ours under another name: marks in the
 * text would break the file for every program that reads it, and marks around marks grow with every further conflict.
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
  /** `merged`: both texts in one; `kept`: an edit outlived a deletion; `copy`: two files, for a person to look at. */
  kind: "merged" | "kept" | "copy";
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

/** Merges text where it can, keeps both where it cannot, and lets an edit outlive a deletion. */
export function resolve({ ancestor, ours, theirs }: Sides): Outcome {
  if (ours === theirs) return { kind: "merged", content: theirs };
  if (ours === null || theirs === null) return { kind: "kept", content: ours ?? theirs };
  if ([ancestor ?? "", ours, theirs].every(isText)) {
    const merge = merge3(ancestor ?? "", ours, theirs);
    if (merge.conflicts === 0) return { kind: "merged", content: mergedText(merge) };
  }
  return { kind: "copy", content: theirs, copy: ours };
}
