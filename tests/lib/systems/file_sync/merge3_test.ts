import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { integer, pick, type Random, stream } from "lib/sim/random.ts";
import { diffLines } from "lib/systems/file_sync/line_diff.ts";
import { merge3, mergedText, splitLines } from "lib/systems/file_sync/merge3.ts";

function randomLines(random: Random, most: number): string[] {
  return Array.from({ length: integer(random, most) }, () => pick(random, ["a", "b", "c", "d"]));
}

/** Some lines changed, added or taken out. */
function edited(random: Random, lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const dice = random();
    if (dice < 0.1) return [];
    if (dice < 0.2) return [`${integer(random, 100)}\n`];
    if (dice < 0.3) return [line, `${integer(random, 100)}\n`];
    return [line];
  });
}

/** The length of the longest common subsequence, by the table. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  const row = new Int32Array(b.length + 1);
  for (const line of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      row[j] = line === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row[b.length];
}

Deno.test("diffLines() makes the new lines with the fewest edits, in hunks that do not touch", () => {
  for (let seed = 0; seed < 1000; seed++) {
    const random = stream(seed, "lines");
    const [old, now] = [randomLines(random, 20), randomLines(random, 20)];
    const hunks = diffLines(old, now);
    const made: string[] = [];
    let at = 0, edits = 0;
    for (const { oldFrom, oldTo, newFrom, newTo } of hunks) {
      assert(oldFrom > at || at === 0, "hunks do not touch");
      made.push(...old.slice(at, oldFrom), ...now.slice(newFrom, newTo));
      at = oldTo;
      edits += oldTo - oldFrom + newTo - newFrom;
    }
    made.push(...old.slice(at));
    assertEquals(made, now, `seed ${seed}`);
    assertEquals(edits, old.length + now.length - 2 * longestCommon(old, now), `seed ${seed}`);
  }
});

Deno.test("merge3() takes what one side changed, and what both changed alike", () => {
  const base = "1\n2\n3\n4\n5\n";
  assertEquals(mergedText(merge3(base, base, base)), base);
  assertEquals(mergedText(merge3(base, "1\nX\n3\n4\n5\n", "1\n2\n3\n4\nY\n")), "1\nX\n3\n4\nY\n");
  assertEquals(mergedText(merge3(base, "1\n5\n", "1\n5\n")), "1\n5\n");
  assertEquals(mergedText(merge3("", "", "a")), "a");
});

Deno.test("merge3() keeps all three texts of a conflict, and marks it as git does", () => {
  const merge = merge3("1\n2\n3", "1\nours\n3", "1\ntheirs\n3");
  assertEquals(merge.conflicts, 1);
  assertEquals(
    mergedText(merge),
    "1\n<<<<<<< ours\nours\n||||||| base\n2\n=======\ntheirs\n>>>>>>> theirs\n3",
  );
  assertEquals(merge3("a\nb\n", "A\nb\n", "a\nB\n").conflicts, 1, "changes that touch");
});

Deno.test("merge3() loses no line that a side has added", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = stream(seed, "merge");
    const base = Array.from({ length: 12 }, (_, i) => `line ${i}\n`);
    const [ours, theirs] = [edited(random, base), edited(random, base)];
    const text = mergedText(merge3(base.join(""), ours.join(""), theirs.join("")));
    const kept = new Set(splitLines(text));
    for (const line of [...ours, ...theirs].filter((line) => !base.includes(line))) {
      assert(kept.has(line), `seed ${seed}: ${line}`);
    }
  }
});

Deno.test("merge3() merges as git merge-file does", async () => {
  const folder = await Deno.makeTempDir({ prefix: "merge-" });
  try {
    let differing = 0;
    const TRIPLES = 300;
    for (let seed = 0; seed < TRIPLES; seed++) {
      const random = stream(seed, "git");
      const base = Array.from({ length: 14 }, (_, i) => `line ${i}\n`);
      const [ours, theirs] = [edited(random, base), edited(random, base)];
      const names = Object.entries({ ours, base, theirs });
      await Promise.all(
        names.map(([name, lines]) => Deno.writeTextFile(join(folder, name), lines.join(""))),
      );
      const { stdout } = await new Deno.Command("git", {
        args: ["merge-file", "-p", "--diff3", "ours", "base", "theirs"],
        cwd: folder,
      }).output();
      const mine = mergedText(merge3(base.join(""), ours.join(""), theirs.join("")));
      if (new TextDecoder().decode(stdout) !== mine) differing++;
    }
    assert(differing <= 0.02 * TRIPLES, `${differing} of ${TRIPLES} differ`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
