/**
 * A three-way merge of text, as diff3 does it: what only one side changed is taken, what both changed is a conflict.
 *
 * Both sides are compared with their common ancestor. Changes that overlap or touch in the ancestor belong together.
 * Where only one side is among them, its text wins; where both are and made the same of it, that; else both texts and
 * the ancestor's are kept, for a person to choose.
 *
 * Simplified: by lines, without looking into them, and without knowing of moves.
 *
 * @example
 * ```ts
 * import { merge3, mergedText } from "lib/systems/file_sync/merge3.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const merge = merge3("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n");
 * assertEquals([mergedText(merge), merge.conflicts], ["A\nb\nC\n", 0]);
 * ```
 *
 * Source: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007.
 *
 * @module
 */
import { diffLines, type Hunk } from "./line_diff.ts";

/** Text that both agree on, or that they do not. Lines end as in the file; the last may have no end. */
export type Region = { lines: string[] } | { ours: string[]; base: string[]; theirs: string[] };

export interface Merge {
  regions: Region[];
  conflicts: number;
}

/** The lines of a text, each with its line feed. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

type Side = "ours" | "theirs";

/** Changes of both sides that overlap or touch in the base. */
interface Group {
  from: number;
  to: number;
  hunks: Record<Side, Hunk[]>;
}

function groupHunks(ours: readonly Hunk[], theirs: readonly Hunk[]): Group[] {
  const all = [
    ...ours.map((hunk) => ({ side: "ours" as const, hunk })),
    ...theirs.map((hunk) => ({ side: "theirs" as const, hunk })),
  ].sort((a, b) => a.hunk.oldFrom - b.hunk.oldFrom || a.hunk.oldTo - b.hunk.oldTo);
  const groups: Group[] = [];
  for (const { side, hunk } of all) {
    let group = groups.at(-1);
    if (group === undefined || hunk.oldFrom > group.to) {
      group = { from: hunk.oldFrom, to: hunk.oldTo, hunks: { ours: [], theirs: [] } };
      groups.push(group);
    }
    group.hunks[side].push(hunk);
    group.to = Math.max(group.to, hunk.oldTo);
  }
  return groups;
}

/** What a side made of the base lines of a group. */
function textOf({ from, to, hunks }: Group, side: Side, base: string[], now: string[]): string[] {
  const lines: string[] = [];
  let at = from;
  for (const { oldFrom, oldTo, newFrom, newTo } of hunks[side]) {
    lines.push(...base.slice(at, oldFrom), ...now.slice(newFrom, newTo));
    at = oldTo;
  }
  return [...lines, ...base.slice(at, to)];
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

/** Merges what two sides made of the base. */
export function merge3(base: string, ours: string, theirs: string): Merge {
  const [baseLines, ourLines, theirLines] = [base, ours, theirs].map(splitLines);
  const groups = groupHunks(diffLines(baseLines, ourLines), diffLines(baseLines, theirLines));
  const regions: Region[] = [];
  let at = 0, conflicts = 0;
  const agree = (lines: string[]) => {
    const last = regions.at(-1);
    if (lines.length === 0) return;
    if (last !== undefined && "lines" in last) last.lines.push(...lines);
    else regions.push({ lines });
  };
  for (const group of groups) {
    agree(baseLines.slice(at, group.from));
    at = group.to;
    const ourText = textOf(group, "ours", baseLines, ourLines);
    const theirText = textOf(group, "theirs", baseLines, theirLines);
    if (group.hunks.theirs.length === 0 || isSame(ourText, theirText)) agree(ourText);
    else if (group.hunks.ours.length === 0) agree(theirText);
    else {
      const between = baseLines.slice(group.from, group.to);
      regions.push({ ours: ourText, base: between, theirs: theirText });
      conflicts++;
    }
  }
  agree(baseLines.slice(at));
  return { regions, conflicts };
}

/** Lines of which the last ends, so that a mark can follow. */
function ended(lines: readonly string[]): string {
  const text = lines.join("");
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** The merged text; conflicts between the marks of `git merge-file --diff3`. */
export function mergedText(
  { regions }: Merge,
  names = { ours: "ours", base: "base", theirs: "theirs" },
): string {
  return regions.map((region) =>
    "lines" in region
      ? region.lines.join("")
      : `<<<<<<< ${names.ours}\n${ended(region.ours)}||||||| ${names.base}\n${ended(region.base)}` +
        `=======\n${ended(region.theirs)}>>>>>>> ${names.theirs}\n`
  ).join("");
}
