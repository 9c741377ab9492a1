import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withWorkspace } from "./command.ts";

const DISPLAY = 'await Deno.jupyter.broadcast("display_data", {\n' +
  '  data: { "text/plain": "33.3 M/s" }, metadata: {}, transient: {},\n});';

Deno.test("refresh writes outputs back, and a second time changes nothing", () =>
  withWorkspace(async (workspace) => {
    const path = await workspace.notebook("good.ipynb", "console.log(1);", DISPLAY, "6 * 7");
    const first = await workspace.command("refresh", ["good.ipynb"]);
    assertEquals([first.status, first.err], [0, ""]);
    assertMatch(first.out, /^ok .*good\.ipynb .*: refreshed$/m);
    const text = await Deno.readTextFile(path);
    const { cells } = await workspace.json("good.ipynb");
    assertEquals(cells.map((cell: { execution_count: number }) => cell.execution_count), [1, 2, 3]);
    assertEquals(cells[1].outputs[0].data["text/plain"], ["33.3 M/s"]);
    const second = await workspace.command("refresh", ["good.ipynb"]);
    assertStringIncludes(second.out, ": unchanged");
    assertEquals(await Deno.readTextFile(path), text);
    await workspace.assertNothingLeft();
    assertEquals(workspace.names(), ["good.ipynb", "tmp"]);
  }));

Deno.test("refresh leaves a notebook that fails as it was, and refreshes the others", () =>
  withWorkspace(async (workspace) => {
    const bad = await workspace.notebook(
      "bad.ipynb",
      "console.log(1);",
      'throw new Error("lost");',
    );
    await workspace.notebook("good.ipynb", "console.log(1);");
    const before = await Deno.readTextFile(bad);
    const { status, out } = await workspace.command("refresh", ["bad.ipynb", "good.ipynb"]);
    assertEquals(status, 1);
    assertMatch(out, /FAILED .*bad\.ipynb, cell 2[\s\S]*Error: lost[\s\S]*left as it was/);
    assertMatch(out, /^ok .*good\.ipynb .*: refreshed$/m);
    assertEquals(await Deno.readTextFile(bad), before);
    await workspace.assertNothingLeft();
    assertEquals(workspace.names(), ["bad.ipynb", "good.ipynb", "tmp"]);
  }));

Deno.test("refresh leaves the notebook as it was when it is interrupted", () =>
  withWorkspace(async (workspace) => {
    const mark = 'Deno.writeTextFileSync("begun", "");';
    const path = await workspace.notebook("slow.ipynb", mark, "while (true) {}");
    const before = await Deno.readTextFile(path);
    const { status } = await workspace.command("refresh", ["slow.ipynb"], {
      async onStart(child) {
        while (!workspace.names().includes("begun")) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        child.kill("SIGINT");
      },
    });
    assertEquals(status, 130);
    assertEquals(await Deno.readTextFile(path), before);
    await workspace.assertNothingLeft();
  }));

Deno.test("refresh refuses what it does not know", () =>
  withWorkspace(async (workspace) => {
    const { status, err } = await workspace.command("refresh", ["--set", "a=1"]);
    assertEquals(status, 2);
    assertStringIncludes(err, "received --set");
  }));
