import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sweepRunFolders } from "lib/services/run_folder.ts";
import { join } from "node:path";
import { ROOT } from "../../scripts/select.ts";
import { withWorkspace } from "./command.ts";

const PARAMETERS = JSON.stringify({
  cells: [
    {
      cell_type: "markdown",
      id: "title",
      metadata: {},
      source: ["# Heartbeats\n", "\n", "Not one of ours."],
    },
    {
      cell_type: "code",
      execution_count: null,
      id: "values",
      metadata: { tags: ["parameters"] },
      outputs: [],
      source: ["const heartbeat = 1.5;"],
    },
    {
      cell_type: "code",
      execution_count: null,
      id: "rate",
      metadata: {},
      outputs: [],
      source: ["console.log(50e6 / heartbeat);"],
    },
  ],
  metadata: { kernelspec: { display_name: "Deno", language: "typescript", name: "deno" } },
  nbformat: 4,
  nbformat_minor: 5,
});

/** Bad notebooks by name: their cells, and what the run must say of them. */
const BAD: Record<string, { cells: string[]; says: RegExp }> = {
  throws: {
    cells: ["const a = 1;", '\nthrow new RangeError("lost");'],
    says:
      /FAILED .*throws\.ipynb, cell 2, line 2\n +throw new RangeError\("lost"\);\n +RangeError: lost/,
  },
  syntax: {
    cells: ["const a = ;"],
    says: /FAILED .*syntax\.ipynb, cell 1, line 1\n +const a = ;\n +SyntaxError: /,
  },
  loops: {
    cells: ["while (true) {}"],
    says: /TIMED OUT .*loops\.ipynb, cell 1\n.*within 8 s.*--timeout/,
  },
  awaits: { cells: ["await new Promise(() => {});"], says: /TIMED OUT .*awaits\.ipynb, cell 1/ },
  timer: {
    cells: [
      'setTimeout(() => { throw new Error("late"); }, 20);\nawait new Promise((r) => setTimeout(r, 200));',
    ],
    says: /FAILED .*timer\.ipynb, cell 1, line 1\n.*\n +Error: late/,
  },
  exits: {
    cells: ["Deno.exit(7);"],
    says: /KERNEL DIED .*exits\.ipynb, cell 1\n.*ended with code 7/,
  },
  memory: {
    cells: ["const kept: number[][] = [];\nwhile (true) kept.push(new Array(1e5).fill(1.5));"],
    says: /KERNEL DIED .*memory\.ipynb, cell 1[\s\S]*it ran out of memory/,
  },
};

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 50));
}

Deno.test("run executes a notebook that is not ours, unchanged, in its own folder", () =>
  withWorkspace(async (workspace) => {
    const cell = 'import { gateways } from "./fleet.ts";\nconsole.log(gateways, Deno.cwd());';
    const path = await workspace.notebook("notes/fleet.ipynb", cell);
    await workspace.file("notes/fleet.ts", "export const gateways = 500;");
    const before = await Deno.readTextFile(path);
    const { status, out, err } = await workspace.command("run", [
      "notes/fleet.ipynb",
      "--out",
      "results",
    ]);
    assertEquals([status, err], [0, ""]);
    assertStringIncludes(out, "1 of 1 notebooks ran");
    assertEquals(await Deno.readTextFile(path), before);
    const executed = await workspace.json("results/fleet.ipynb");
    assertEquals(executed.cells[0].outputs[0].text, [`500 ${workspace.path("notes")}\n`]);
    assertEquals(executed.cells[0].execution_count, 1);
    const { notebooks, deno } = await workspace.json("results/results.json");
    assertEquals([deno, notebooks.length, notebooks[0].status], [Deno.version.deno, 1, "ok"]);
    await workspace.assertNothingLeft();
  }));

Deno.test("run survives every bad notebook, says what is wrong, and runs the good ones", () =>
  withWorkspace(async (workspace) => {
    const paths = [await workspace.notebook("good-1.ipynb", "1 + 1")];
    for (const [name, { cells }] of Object.entries(BAD)) {
      paths.push(await workspace.notebook(`${name}.ipynb`, ...cells));
    }
    const good = await Deno.readTextFile(paths[0]);
    paths.push(
      await workspace.file("truncated.ipynb", good.slice(0, good.length / 2)),
      await workspace.file(
        "python.ipynb",
        good.replaceAll("deno", "python3").replaceAll("Deno", "Python 3").replaceAll(
          "typescript",
          "python",
        ),
      ),
      await workspace.notebook("good-2.ipynb", "2 + 2"),
    );
    const before = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
    const { status, out, err } = await workspace.command(
      "run",
      [...paths, "--out", "out", "--jobs", "2", "--timeout", "8"],
      { env: { DENO_V8_FLAGS: "--max-old-space-size=256" } },
    );
    assertEquals([status, err], [1, ""]);
    for (const { says } of Object.values(BAD)) assertMatch(out, says);
    assertMatch(out, /FAILED .*truncated\.ipynb[\s\S]*must be complete JSON/);
    assertMatch(out, /FAILED .*python\.ipynb[\s\S]*its kernel must be Deno/);
    for (const name of ["good-1", "good-2"]) assertMatch(out, new RegExp(`ok .*${name}`));
    assertStringIncludes(out, `2 of ${paths.length} notebooks ran`);
    assertEquals(await Promise.all(paths.map((path) => Deno.readTextFile(path))), before);
    const { notebooks } = await workspace.json("out/results.json");
    assertEquals(notebooks.length, paths.length);
    const failure = notebooks.find(({ path }: { path: string }) => path.endsWith("throws.ipynb"))
      .failure;
    assertEquals([failure.cell, failure.line, failure.message], [2, 2, "lost"]);
    const partial = await workspace.json("out/throws.ipynb");
    assertEquals(partial.cells[1].outputs[0].evalue, "lost");
    await workspace.assertNothingLeft();
  }));

Deno.test("run --set, -p and -f change a parameter, and the executed notebook records it", () =>
  withWorkspace(async (workspace) => {
    await workspace.file("beats.ipynb", PARAMETERS);
    await workspace.file("values.yaml", "heartbeat: 2\n");
    const runs: [args: string[], rate: string][] = [
      [[], "33333333.333333332\n"],
      [["-f", "values.yaml"], "25000000\n"],
      [["-p", "heartbeat", "4", "-f", "values.yaml"], "12500000\n"],
      [["--set", "heartbeat=5", "-p", "heartbeat", "4"], "10000000\n"],
    ];
    for (const [args, rate] of runs) {
      const { status } = await workspace.command("run", ["beats.ipynb", "--out", "out", ...args]);
      assertEquals(status, 0, args.join(" "));
      const { cells } = await workspace.json("out/beats.ipynb");
      assertEquals(cells.at(-1).outputs[0].text, [rate], args.join(" "));
      const isInjected = cells[2].metadata.tags?.includes("injected-parameters") ?? false;
      assertEquals(isInjected, args.length > 0);
    }
    await workspace.assertNothingLeft();
  }));

Deno.test("run refuses wrong usage before anything runs", () =>
  withWorkspace(async (workspace) => {
    await workspace.file("beats.ipynb", PARAMETERS);
    await workspace.notebook("plain.ipynb", "1 + 1");
    await workspace.file("file", "");
    const refused: [args: string[], message: string][] = [
      [["99"], "a selector must be a session's number, a week or a path"],
      [["beats.ipynb", "--sett", "a=1"], "received --sett. Did you mean --set?"],
      [["beats.ipynb", "--set", "hartbeat=5"], "did you mean heartbeat?"],
      [["plain.ipynb", "beats.ipynb", "--set", "heartbeat=5"], "plain.ipynb: "],
      [["beats.ipynb", "--sweep", "heartbeat=1,soon"], 'received "soon"'],
      [
        ["beats.ipynb", "--out", "file/out"],
        "the output folder must be one that can be written to",
      ],
    ];
    for (const [args, message] of refused) {
      const { status, out, err } = await workspace.command("run", ["--out", "out", ...args]);
      assertStringIncludes(err, message, args.join(" "));
      assertEquals([status, out], [2, ""], args.join(" "));
      assert(!/^ +at /m.test(err), "a user sees no stack");
    }
    await workspace.assertNothingLeft();
  }));

Deno.test("run --help exits with 0 and names every flag", () =>
  withWorkspace(async (workspace) => {
    const { status, out } = await workspace.command("run", ["--help"]);
    assertEquals(status, 0);
    for (const flag of ["--set", "-p", "-f", "--sweep", "--out", "--jobs", "--timeout"]) {
      assertStringIncludes(out, flag);
    }
  }));

Deno.test("run --sweep runs once a value and lays the runs side by side", () =>
  withWorkspace(async (workspace) => {
    await workspace.file("beats.ipynb", PARAMETERS);
    const args = ["beats.ipynb", "--sweep", "heartbeat=1,2,0", "--out", "out"];
    const { status, out } = await workspace.command("run", args);
    assertEquals(status, 0);
    assertMatch(out, /^heartbeat +1 +2 +0$/m);
    const rates = await Promise.all(["1", "2", "0"].map(async (value) => {
      const { cells } = await workspace.json(`out/sweep/heartbeat=${value}/beats.ipynb`);
      return cells.at(-1).outputs[0].text[0];
    }));
    assertEquals(rates, ["50000000\n", "25000000\n", "Infinity\n"]);
    const { name, values, notebooks } = await workspace.json("out/sweep.json");
    assertEquals([name, values, notebooks.length], ["heartbeat", ["1", "2", "0"], 1]);
    await workspace.assertNothingLeft();
  }));

Deno.test("run ends on Ctrl-C with its kernels, and keeps what has run", () =>
  withWorkspace(async (workspace) => {
    const mark = "Deno.mkdirSync(crypto.randomUUID());";
    const paths = [
      await workspace.notebook("done.ipynb", "1 + 1"),
      await workspace.notebook("slow-1.ipynb", "console.log('begun');", `${mark}\nwhile (true) {}`),
      await workspace.notebook("slow-2.ipynb", `${mark}\nawait new Promise(() => {});`),
      await workspace.notebook("never.ipynb", "1 + 1"),
    ];
    // Without the signal it would not end.
    const args = [...paths, "--out", "out", "--jobs", "2", "--timeout", "86400"];
    const { status, out } = await workspace.command("run", args, {
      async onStart(child) {
        // Both slow notebooks have made their mark.
        await until(() => workspace.names().filter((name) => name.length === 36).length === 2);
        child.kill("SIGINT");
      },
    });
    assertEquals(status, 130);
    assertStringIncludes(out, "Interrupted: what has run until now is in");
    const { notebooks } = await workspace.json("out/results.json");
    assertEquals(
      notebooks.map(({ status }: { status: string }) => status),
      ["ok", "interrupted", "interrupted"],
    );
    const cut = await workspace.json("out/slow-1.ipynb");
    assertEquals(cut.cells[0].outputs[0].text, ["begun\n"]);
    await workspace.assertNothingLeft();
  }));

Deno.test("run leaves kernels behind when it is killed outright, and the next run ends them", () =>
  withWorkspace(async (workspace) => {
    await workspace.notebook("slow.ipynb", 'Deno.mkdirSync("begun");', "while (true) {}");
    const { status } = await workspace.command("run", ["slow.ipynb", "--out", "out"], {
      async onStart(child) {
        await until(() => workspace.names().includes("begun"));
        child.kill("SIGKILL");
      },
    });
    assertEquals(status, 137);
    // A run sweeps folders older than ten seconds when it starts; here they need not be that old.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await sweepRunFolders(join(ROOT, ".workshop", "runs"), 1000);
    await workspace.assertNothingLeft();
  }));
