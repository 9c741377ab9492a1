/**
 * `deno task test`: everything that CI checks, from set-up to the last browser test.
 *
 * Ends with one line, `N passed, N failed, N skipped`, that sums over checks, doc examples, tests and their steps.
 * With paths, only the tests in them run, without the checks: `deno task test tests/lib/sim`.
 *
 * @module
 */
import { relative, resolve } from "node:path";
import { addCounts, type Counts, countTests } from "./junit.ts";
import { ROOT } from "./select.ts";
import { setup } from "./setup.ts";
import { print } from "./terminal.ts";
import { callingFolder, parseFlags, runCommand } from "./usage.ts";

const HELP = `Sets up what is missing, checks formatting, lint and types, and runs all tests.

deno task test [PATH …]
  PATH            only the tests in these files or folders, without the checks
  --filter TEXT   only the tests whose name contains TEXT, without the checks
  --help

A test whose service is missing is skipped; with CI=true that is a failure.`;

/** Runs `deno test`, its output on the screen as it comes. */
async function denoTest(...args: string[]): Promise<Counts> {
  const report = await Deno.makeTempFile({ prefix: "tests-", suffix: ".xml" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", `--junit-path=${report}`, ...args],
      cwd: ROOT,
      stdin: "null",
    }).spawn().status;
    const counts = countTests(await Deno.readTextFile(report));
    // A module that does not load, or a test process that dies, is in no test case.
    if (!success && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    await Deno.remove(report);
  }
}

function isCi(): boolean {
  return !["", "0", "false"].includes(Deno.env.get("CI") ?? "");
}

/** The last lines: the sum, and before it why a sum without failures is one. */
function conclude(counts: Counts): number {
  const isSkipFailure = counts.skipped > 0 && isCi();
  if (isSkipFailure) print("Skipped tests are failures where CI is set: something is missing here");
  print(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed > 0 || isSkipFailure ? 1 : 0;
}

async function test(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    filter: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  await setup();
  const filter = values.filter === undefined ? [] : [`--filter=${values.filter}`];
  if (positionals.length > 0 || filter.length > 0) {
    const paths = positionals.map((path) => relative(ROOT, resolve(callingFolder(), path)));
    return conclude(await denoTest(...filter, ...(paths.length > 0 ? paths : ["tests"])));
  }
  // Imports npm packages, which are there only after the set-up.
  const { check } = await import("./check.ts");
  const counts = [await check()];
  counts.push(await denoTest("--doc", "lib", "scripts"));
  counts.push(await denoTest("tests"));
  return conclude(addCounts(counts));
}

if (import.meta.main) Deno.exit(await runCommand(() => test(Deno.args)));
