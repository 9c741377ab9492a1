import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { addCounts, countTests } from "../../scripts/junit.ts";

/** What Deno itself writes for these tests. */
async function report(source: string): Promise<{ success: boolean; xml: string }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "x_test.ts"), source);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-check", "--no-config", "--junit-path=report.xml", "x_test.ts"],
      cwd: folder,
    }).output();
    return { success, xml: await Deno.readTextFile(join(folder, "report.xml")) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("countTests() counts steps, and a test whose step fails once", async () => {
  const { success, xml } = await report(`
    Deno.test("good", () => {});
    Deno.test("prints", () => console.log("<testcase><skipped/></testcase>"));
    Deno.test({ name: "skipped", ignore: true, fn() {} });
    Deno.test("steps", async (t) => {
      await t.step("good", () => {});
      await t.step({ name: "skipped", ignore: true, fn() {} });
      await t.step("bad", () => { throw new Error("<skipped/> </testcase>"); });
    });
  `);
  assertEquals(success, false);
  assertEquals(countTests(xml), { passed: 3, failed: 1, skipped: 2 });
});

Deno.test("countTests() finds nothing for a module that does not load", async () => {
  const { success, xml } = await report(`throw new Error("no such service");`);
  assertEquals(success, false);
  assertEquals(countTests(xml), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("addCounts() sums", () => {
  const counts = { passed: 1, failed: 2, skipped: 3 };
  assertEquals(addCounts([counts, counts]), { passed: 2, failed: 4, skipped: 6 });
  assertEquals(addCounts([]), { passed: 0, failed: 0, skipped: 0 });
});
