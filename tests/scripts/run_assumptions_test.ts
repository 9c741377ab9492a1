import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { formatNotebook, newCodeCell, newNotebook } from "../../scripts/notebook/nbformat.ts";
import { ROOT } from "../../scripts/select.ts";
import { withWorkspace, type Workspace } from "./command.ts";

/** A small session: assumptions, a chart and a key result that follow them, an acceptance line. */
const CELLS = [
  'import { accept, assume } from "lib/assume/mod.ts";\n' +
  'import { file, line, result, show } from "lib/show/mod.ts";',
  "const a = await assume({\n" +
  '  connections: { default: 50e6, unit: "devices", range: [1e3, 2e8], source: "requirement" },\n' +
  '  heartbeat: { default: 1.5, unit: "s", range: [0.25, 60], source: "told in time" },\n' +
  '  model: { default: "bursts", options: ["bursts", "bernoulli"], source: "mobile" },\n' +
  "});",
  "const rate = a.connections.per(a.heartbeat);\n" +
  'await result("heartbeat rate", rate);',
  'await result("gateways", 500, "gateways");',
  'await result("false offline", a.model === "bursts" ? 3.07 : 0.0024, "1/h");',
  "const rows = [1, 2, 4].map((n) => ({ n, rate: rate.value / n }));\n" +
  'const [x, y] = [{ field: "n", unit: "gateways" }, { field: "rate", unit: "1/s" }] as const;\n' +
  "await show(line(rows, { x, y, title: `A gateway sees ${rate}` }));",
  'await accept("told in time", a.heartbeat.in("s") < 2, `${a.heartbeat} of 2 s`);',
  'await file("alerts.yaml", `groups: [] # ${a.heartbeat}`);',
];

function session(): string {
  const notebook = newNotebook();
  notebook.cells.push({ cell_type: "markdown", id: "title", metadata: {}, source: "# Beats" });
  for (const [i, source] of CELLS.entries()) {
    notebook.cells.push(newCodeCell(`cell-${i}`, source, i === 1 ? ["parameters"] : []));
  }
  return formatNotebook(notebook);
}

/** A workspace inside the project, so that `lib/` can be imported. */
async function withSession(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  const parent = join(ROOT, ".workshop");
  await Deno.mkdir(parent, { recursive: true });
  await withWorkspace(async (workspace) => {
    await workspace.file("beats.ipynb", session());
    await test(workspace);
    await workspace.assertNothingLeft();
  }, parent);
}

Deno.test("run collects what a session found, and reports it", () =>
  withSession(async (workspace) => {
    const { status, out, err } = await workspace.command("run", ["beats.ipynb", "--out", "out"]);
    assertEquals([status, err], [0, ""], out);
    const [found] = (await workspace.json("out/results.json")).notebooks;
    assertEquals([found.title, found.status, found.overrides], ["Beats", "ok", {}]);
    assertEquals(found.results[0].text, "33.3 M devices/s");
    assertEquals(found.accepted.map(({ pass }: { pass: boolean }) => pass), [true]);
    assertEquals(found.assumptions.length, 3);
    const alerts = await Deno.readTextFile(workspace.path("out/files/beats/alerts.yaml"));
    assertEquals(alerts, "groups: [] # 1.5 s");
    const page = await Deno.readTextFile(workspace.path("out/report/beats.html"));
    assertStringIncludes(page, "A gateway sees 33.3 M devices/s");
  }));

Deno.test("run --set changes estimate, chart, file and report, and says what no longer holds", () =>
  withSession(async (workspace) => {
    const args = ["beats.ipynb", "--set", "heartbeat=5s", "--out", "out"];
    const { status, out } = await workspace.command("run", args);
    assertEquals(status, 0, out);
    assertStringIncludes(out, "no longer holds: told in time: 5 s of 2 s");
    const [found] = (await workspace.json("out/results.json")).notebooks;
    assertEquals(found.overrides, { heartbeat: "5s" });
    assertEquals(found.results[0].text, "10 M devices/s");
    const changed = found.assumptions.filter((one: { changed: boolean }) => one.changed);
    assertEquals(changed.map(({ name, value }: { name: string; value: number }) => [name, value]), [
      ["heartbeat", 5],
    ]);
    const { cells } = await workspace.json("out/beats.ipynb");
    assertEquals(cells[2].metadata.tags, ["injected-parameters"]);
    const page = await Deno.readTextFile(workspace.path("out/report/beats.html"));
    assertStringIncludes(page, "A gateway sees 10 M devices/s");
    assertMatch(page, /heartbeat = 5\s+s/);
  }));

Deno.test("run refuses what the assumptions do not allow, all of it at once, and runs nothing", () =>
  withSession(async (workspace) => {
    const changes = ["hartbeat=5s", "connections=5 s", "heartbeat=90 s", "model=gilbert"];
    const args = changes.flatMap((change) => ["--set", change]);
    const { status, out, err } = await workspace.command("run", [
      "beats.ipynb",
      ...args,
      "--out",
      "out",
    ]);
    assertEquals([status, out], [2, ""], err);
    assertStringIncludes(err, "did you mean heartbeat?");
    for (const part of ["devices", "60", "bursts", "bernoulli"]) assertStringIncludes(err, part);
    assertEquals([...Deno.readDirSync(workspace.path("out"))], []);
  }));

Deno.test("run --sweep lays results side by side, in a table, as data and as a page", () =>
  withSession(async (workspace) => {
    const args = ["beats.ipynb", "--sweep", "heartbeat=1.5 s,5 s,30 s", "--out", "out"];
    const { status, out } = await workspace.command("run", args);
    assertEquals(status, 0, out);
    assertMatch(out, /^heartbeat +1\.5 s +5 s +30 s$/m);
    assertMatch(out, /^heartbeat rate +33\.3 M devices\/s +10 M devices\/s +1\.67 M devices\/s$/m);
    assertMatch(out, /^acceptance lines that hold +1 of 1 +0 of 1 +0 of 1$/m);
    const { notebooks: [swept] } = await workspace.json("out/sweep.json");
    assertEquals(
      swept.runs.map((run: { assumption: { value: number } }) => run.assumption.value),
      [1.5, 5, 30],
    );
    const page = await Deno.readTextFile(workspace.path("out/report/sweep-heartbeat.html"));
    assertStringIncludes(
      page,
      "heartbeat rate goes from 33.3 M devices/s to 1.67 M devices/s " +
        "as heartbeat goes from 1.5 s to 30 s",
    );
    assertStringIncludes(page, "The same for all values: gateways, false offline.");
    assertMatch(page, /href="beats-heartbeat-30-s\.html"/);
    const single = workspace.path("out/report/beats-heartbeat-30-s.html");
    assertStringIncludes(await Deno.readTextFile(single), "1.67 M devices/s");
    await Deno.stat(workspace.path("out/sweep/heartbeat=30 s/beats.ipynb"));
  }));

Deno.test("run --sweep over choices draws bars", () =>
  withSession(async (workspace) => {
    const args = ["beats.ipynb", "--sweep", "model=bursts,bernoulli", "--out", "out"];
    const { status, out } = await workspace.command("run", args);
    assertEquals(status, 0, out);
    assertMatch(out, /^model +bursts +bernoulli$/m);
    const page = await Deno.readTextFile(workspace.path("out/report/sweep-model.html"));
    assertStringIncludes(page, "The same for all values: heartbeat rate, gateways.");
    assertStringIncludes(page, "false offline goes from 3.07 1/h to 0.0024 1/h");
    assertStringIncludes(page, '"type":"bar"');
  }));
