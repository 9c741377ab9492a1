/**
 * `deno task check`: formatting, lint, and types, those of the notebooks' cells too.
 *
 * @module
 */
import type { Counts } from "./junit.ts";
import { checkNotebooks } from "./notebook/check.ts";
import { describeProblem } from "./notebook/problem.ts";
import { allNotebooks, ROOT } from "./select.ts";
import { formatDuration, print } from "./terminal.ts";

/** A check says what is wrong in a project, or nothing. */
type Check = (root: string) => Promise<string>;

/** A subcommand of Deno as a check. */
function deno(...args: string[]): Check {
  return async (root) => {
    const command = new Deno.Command(Deno.execPath(), { args, cwd: root, stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return success ? "" : text.trim() || `deno ${args.join(" ")} failed`;
  };
}

async function notebooks(root: string): Promise<string> {
  return (await checkNotebooks(await allNotebooks(root))).map(describeProblem).join("\n");
}

const CHECKS: Record<string, Check> = {
  // Notebooks are checked below: on a fresh machine `fmt --check` finds every notebook unformatted.
  // `--ignore` replaces what deno.json excludes from formatting.
  "formatting": deno("fmt", "--check", "--ignore=**/*.ipynb,data/,out/"),
  "lint": deno("lint"),
  "types": deno("check", "--quiet", "lib", "scripts", "tests"),
  "types and lint of notebooks": notebooks,
};

/** Runs all checks, each to its end, and says what is wrong. */
export async function check(root: string = ROOT, say: (line: string) => void = print) {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, find] of Object.entries(CHECKS)) {
    const startMs = performance.now();
    const problems = await find(root);
    const elapsed = formatDuration(performance.now() - startMs);
    if (problems === "") counts.passed++;
    else counts.failed++;
    say(`${problems === "" ? "ok" : "FAILED"} ${name} (${elapsed})`);
    if (problems !== "") say(problems);
  }
  return counts;
}

if (import.meta.main) Deno.exit((await check()).failed > 0 ? 1 : 0);
