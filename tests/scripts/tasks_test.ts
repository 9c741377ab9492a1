import { assert, assertMatch } from "@std/assert";
import { join } from "node:path";
import { ROOT } from "../../scripts/select.ts";

/** The tasks as Deno itself reads them: name to command. */
async function tasks(): Promise<Map<string, string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return new Map(
    [...text.matchAll(/^- (\S+)\n(?: +\/\/.*\n)* +(.+)$/gm)].map((
      [, name, command],
    ) => [name, command]),
  );
}

Deno.test("every task runs a script that exists", async () => {
  const found = await tasks();
  for (const name of ["lab", "test", "run", "report", "charts", "refresh", "ok"]) {
    assert(found.has(name), `there must be a task ${name}`);
  }
  for (const [name, command] of found) {
    assertMatch(command, /^deno run -A scripts\/\w+\.ts( \w+)?$/, name);
    const [script] = command.match(/scripts\/\w+\.ts/)!;
    assert((await Deno.stat(join(ROOT, script))).isFile, name);
  }
});
