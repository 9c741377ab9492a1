/**
 * Counts the tests in a report that `deno test --junit-path` wrote.
 *
 * A step counts as a test. A test that fails only because its step failed does not count again.
 *
 * @example
 * ```ts
 * import { countTests } from "./junit.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<testcase name="a" time="0.1"></testcase><testcase name="b" time="0"><skipped/></testcase>';
 * assertEquals(countTests(xml), { passed: 1, failed: 0, skipped: 1 });
 * ```
 *
 * @module
 */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts the test cases of a JUnit report. */
export function countTests(xml: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, testCase] of xml.matchAll(/<testcase\b([\s\S]*?)<\/testcase>/g)) {
    // A test that a filter left out has no time.
    if (!/^[^>]* time="/.test(testCase)) continue;
    if (/<failure message="\d+ test steps? failed"/.test(testCase)) continue;
    if (/<(failure|error)\b/.test(testCase)) counts.failed++;
    else if (testCase.includes("<skipped/>")) counts.skipped++;
    else counts.passed++;
  }
  return counts;
}

/** Sums counts. */
export function addCounts(all: readonly Counts[]): Counts {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}
