/**
 * `deno task check`: formatting, lint, and types, those of the notebooks' cells too.
 *
 * @module
 */
import type { Counts } from "./junit.ts";
import { checkNotebooks, describeProblem } from "./notebook/check.ts";
import { allNotebooks, ROOT } from "./select.ts";
import { formatDuration, print } from "./terminal.ts";

/** One thing to check: what is wrong, as text, or nothing. */
interface Check {
  name: string;
  run(): Promise<string>;
}

async function denoProblems(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return success ? "" : text.trim() || `deno ${args.join(" ")} failed`;
}

const CHECKS: Check[] = [
  { name: "formatting", run: () => denoProblems("fmt", "--check") },
  { name: "lint", run: () => denoProblems("lint") },
  { name: "types", run: () => denoProblems("check", "--quiet", "lib", "scripts", "tests") },
  { name: "types and lint of notebooks", run: notebookProblems },
];

async function notebookProblems(): Promise<string> {
  return (await checkNotebooks(await allNotebooks())).map(describeProblem).join("\n");
}

/** Runs all checks, each to its end, and says what is wrong. */
export async function check(): Promise<Counts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, run } of CHECKS) {
    const startMs = performance.now();
    const problems = await run();
    const elapsed = formatDuration(performance.now() - startMs);
    print(`${problems === "" ? "ok" : "FAILED"} ${name} (${elapsed})`);
    if (problems === "") counts.passed++;
    else counts.failed++;
    if (problems !== "") print(problems);
  }
  return counts;
}

if (import.meta.main) Deno.exit((await check()).failed > 0 ? 1 : 0);
