import { assertEquals, assertMatch } from "@std/assert";
import { dirname, join } from "node:path";
import { check } from "../../scripts/check.ts";
import { formatNotebook, newNotebook } from "../../scripts/notebook/nbformat.ts";

const GOOD: Record<string, string> = {
  "deno.json": "{}\n",
  "lib/beats.ts": "export const beats: number = 3;\n",
  "scripts/run.ts": "export {};\n",
  "tests/beats_test.ts": "export {};\n",
  "notebooks/week-01/01-x.ipynb": formatNotebook(
    newNotebook(['import { beats } from "../../lib/beats.ts";', "beats satisfies number;"]),
  ),
};

/** The checks of a small project whose files are changed; what they say. */
async function checkProject(files: Record<string, string> = {}) {
  const root = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries({ ...GOOD, ...files })) {
      await Deno.mkdir(dirname(join(root, name)), { recursive: true });
      await Deno.writeTextFile(join(root, name), text);
    }
    const lines: string[] = [];
    const counts = await check(root, (line) => lines.push(line));
    return { counts, said: lines.join("\n") };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("check() passes a project that is in order", async () => {
  const { counts, said } = await checkProject();
  assertEquals(counts, { passed: 4, failed: 0, skipped: 0 }, said);
});

Deno.test("check() runs to its end and says all that is wrong", async () => {
  const cells = ["const beats = 3;", "beats satisfies string;"];
  const { counts, said } = await checkProject({
    "lib/beats.ts": "export const beats:number=3;\n",
    "scripts/run.ts": "export const beats: any = 3;\n",
    "tests/beats_test.ts": 'export const late: number = "late";\n',
    "notebooks/week-01/01-x.ipynb": formatNotebook(newNotebook(cells)),
  });
  assertMatch(said, /FAILED formatting[\s\S]*lib\/beats\.ts/);
  assertMatch(said, /FAILED lint[\s\S]*no-explicit-any/);
  assertMatch(said, /FAILED types \([\s\S]*TS2322/);
  assertMatch(said, /FAILED types and lint of notebooks[\s\S]*01-x\.ipynb cell 2 line 1/);
  assertEquals(counts, { passed: 0, failed: 4, skipped: 0 }, said);
});
