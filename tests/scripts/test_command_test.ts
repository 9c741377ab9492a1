import { assertEquals, assertMatch } from "@std/assert";
import { type Ended, withWorkspace } from "./command.ts";

const PASSES = 'Deno.test("passes", async (t) => { await t.step("step", () => {}); });\n';
const FAILS = 'Deno.test("fails", () => { throw new Error("lost"); });\n';
const SKIPS = 'Deno.test({ name: "skips", ignore: true, fn() {} });\n';

/** `deno task test` on one test file, and its last line. */
async function test(source: string, args: string[] = [], env: Record<string, string> = {}) {
  let ended: Ended | undefined;
  await withWorkspace(async (workspace) => {
    await workspace.file("x_test.ts", source);
    const options = { env: { CI: "", ...env } };
    ended = await workspace.command("test", ["x_test.ts", ...args], options);
    await workspace.assertNothingLeft();
  });
  return { ...ended!, lastLine: ended!.out.trimEnd().split("\n").at(-1) };
}

Deno.test("test ends with one line that sums tests and steps", async () => {
  const { status, lastLine } = await test(PASSES);
  assertEquals([status, lastLine], [0, "2 passed, 0 failed, 0 skipped"]);
});

Deno.test("test exits with 1 when a test fails", async () => {
  const { status, lastLine } = await test(PASSES + FAILS);
  assertEquals([status, lastLine], [1, "2 passed, 1 failed, 0 skipped"]);
});

Deno.test("test counts a module that does not load as a failure", async () => {
  const { status, lastLine } = await test('throw new Error("no service");');
  assertEquals([status, lastLine], [1, "0 passed, 1 failed, 0 skipped"]);
});

Deno.test("test takes a skip for a failure where CI is set, and only there", async () => {
  const laptop = await test(PASSES + SKIPS);
  assertEquals([laptop.status, laptop.lastLine], [0, "2 passed, 0 failed, 1 skipped"]);
  const ci = await test(PASSES + SKIPS, [], { CI: "true" });
  assertEquals([ci.status, ci.lastLine], [1, "2 passed, 0 failed, 1 skipped"]);
  assertMatch(ci.out, /Skipped tests are failures where CI is set/);
});

Deno.test("test --filter runs only what is named", async () => {
  const { status, lastLine } = await test(PASSES + FAILS, ["--filter", "passes"]);
  assertEquals([status, lastLine], [0, "2 passed, 0 failed, 0 skipped"]);
});

Deno.test("test refuses a flag that it does not know", async () => {
  const ended = await test(PASSES, ["--fliter", "x"]);
  assertEquals([ended.status, ended.out], [2, ""]);
  assertMatch(ended.err, /Did you mean --filter\?/);
});
