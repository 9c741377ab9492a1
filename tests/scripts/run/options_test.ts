import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { parseRunOptions } from "../../../scripts/run/options.ts";
import { UsageError } from "../../../scripts/usage.ts";

async function withFile(text: string, test: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(path, text);
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("parseRunOptions() has defaults for everything", async () => {
  const options = await parseRunOptions([], "/somewhere");
  assertEquals(options.selectors, []);
  assertEquals(options.overrides, {});
  assertEquals(options.sweep, undefined);
  assertEquals(options.timeoutMs, 120_000);
  assert(options.jobs >= 1);
  assert(options.outDir.endsWith("out"));
});

Deno.test("parseRunOptions() takes --out from the folder of the caller", async () => {
  const options = await parseRunOptions(["--out", "results", "--timeout", "2.5"], "/somewhere");
  assertEquals(options.outDir, join("/somewhere", "results"));
  assertEquals(options.timeoutMs, 2500);
});

Deno.test("parseRunOptions() lets --set win over -p, and -p over a file", () =>
  withFile("heartbeat: 5 s\nloss: 007\nmisses: 1e3\n", async (path) => {
    const { overrides } = await parseRunOptions(
      ["--set", "loss=3 %", "-p", "loss", "2 %", "-p", "misses", "4", "-f", path],
    );
    assertEquals(overrides, { heartbeat: "5 s", loss: "3 %", misses: "4" });
  }));

Deno.test("parseRunOptions() keeps values of a file as they are written", () =>
  withFile("a: 007\nb: 1e3\nc: yes\n", async (path) => {
    const { overrides } = await parseRunOptions(["-f", path]);
    assertEquals(overrides, { a: "007", b: "1e3", c: "yes" });
  }));

Deno.test("parseRunOptions() keeps an equals sign inside a value", async () => {
  assertEquals((await parseRunOptions(["--set", "rule=a=b"])).overrides, { rule: "a=b" });
});

Deno.test("parseRunOptions() reads a sweep", async () => {
  const { sweep } = await parseRunOptions(["01", "--sweep", "heartbeat=1.5 s, 5 s,30s"]);
  assertEquals(sweep, { name: "heartbeat", values: ["1.5 s", "5 s", "30s"] });
});

const REFUSED: [args: string[], message: string][] = [
  [["--set", "heartbeat"], "--set must be name=value: received heartbeat"],
  [["--set", "=5"], "--set must be name=value: received =5"],
  [["--set", "heartbeat="], "--set must be name=value: received heartbeat="],
  [["--jobs", "0"], "--jobs must be a whole number above 0: received 0"],
  [["--timeout", "-1"], "Option '--timeout' argument is ambiguous"],
  [["--timeout=-1"], "--timeout must be seconds above 0, at most 86400: received -1"],
  [["--timeout", "soon"], "received soon"],
  [["--sweep", "heartbeat=5 s"], "--sweep must list two or more different values"],
  [["--sweep", "heartbeat=5 s,,6 s"], "--sweep must list two or more different values"],
  [["--sweep", "heartbeat=5 s,5 s"], "--sweep must list two or more different values"],
  [["--sweep", "a=1,2", "--sweep", "b=1,2"], "--sweep must be given once"],
  [["--sweep", "a=1,2", "--set", "a=1"], "a must be either set or swept: received both"],
  [["--swep", "a=1,2"], "received --swep. Did you mean --sweep?"],
  [["-x"], "received -x"],
  [["-f", "/no/such.yaml"], "Cannot read assumptions from /no/such.yaml"],
];

for (const [args, message] of REFUSED) {
  Deno.test(`parseRunOptions() refuses ${args.join(" ")}`, () =>
    assertRejects(() => parseRunOptions(args), UsageError, message).then(() => {}));
}

for (const text of ["", "- a\n- b\n", "heartbeat:\n  value: 5\n", "just text"]) {
  Deno.test(`parseRunOptions() refuses a file of ${JSON.stringify(text)}`, () =>
    withFile(text, async (path) => {
      await assertRejects(
        () => parseRunOptions(["-f", path]),
        UsageError,
        'each line must be "name: value"',
      );
    }));
}

Deno.test("parseRunOptions() refuses a file that is no YAML", () =>
  withFile("a: [1,\nb: }", async (path) => {
    await assertRejects(() => parseRunOptions(["-f", path]), UsageError, "it must be YAML");
  }));
