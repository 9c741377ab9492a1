/** The room in a real kernel: what a reader's cells would show. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Kernel } from "../../../scripts/notebook/kernel.ts";
import type { Output } from "../../../scripts/notebook/notebook.ts";

const cwd = new URL("../../..", import.meta.url).pathname;

/** The plain text of what a cell showed. */
function textsOf(outputs: readonly Output[]): string[] {
  return outputs.map((output) =>
    "data" in output ? String(output.data["text/plain"]) : output.output_type
  );
}

Deno.test("show() puts every output on its cell in a real kernel", async () => {
  const kernel = await Kernel.start({ cwd });
  const run = (code: string) => kernel.execute(code, { timeoutMs: 60_000 });
  try {
    const imported = await run(
      'import { line, progress, say, show, table } from "lib/show/mod.ts";',
    );
    assertEquals(imported.status, "ok");
    const chart = await run(`await show(line([{ load: 1, p99: 2 }, { load: 2, p99: 9 }], {
      x: { field: "load", unit: "%" }, y: { field: "p99", unit: "ms" }, title: "It grows" }));`);
    assertEquals([chart.status, textsOf(chart.outputs).length], ["ok", 1]);
    assertMatch(textsOf(chart.outputs)[0], /^Chart: It grows\. Line chart of p99 \(ms\)/);
    for (let i = 0; i < 20; i++) {
      const cell = await run(`await show("a ${i}", table([{ value: ${i} }]), "b ${i}");`);
      const [before, rows, after, ...more] = textsOf(cell.outputs);
      assertEquals([before, rows.split("\n")[2].trim(), after, more], [
        `a ${i}`,
        `${i}`,
        `b ${i}`,
        [],
      ]);
    }
    const counted = await run(`const bar = await progress("beats", 500);
      for (let i = 0; i < 500; i++) await bar.advance();
      await bar.done();`);
    assertEquals(textsOf(counted.outputs), ["beats: 500"]);
  } finally {
    await kernel.shutdown();
  }
});

Deno.test("show() names a promise that failed unnoticed in an earlier cell", async () => {
  const kernel = await Kernel.start({ cwd });
  const run = (code: string) => kernel.execute(code, { timeoutMs: 60_000 });
  try {
    await run('import { say } from "lib/show/mod.ts";');
    await run(
      'Promise.reject(new TypeError("nobody waits")); await new Promise((r) => setTimeout(r, 20));',
    );
    const next = await run('await say("x");');
    assertEquals(next.status, "failed");
    assert(next.error?.message.includes("an unhandled rejection, TypeError: nobody waits"));
    assertEquals(textsOf((await run('await say("y");')).outputs), ["y"]);
  } finally {
    await kernel.shutdown();
  }
});
