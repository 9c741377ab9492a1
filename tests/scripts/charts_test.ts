import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { main, parseFormats, writeCharts } from "../../scripts/charts.ts";
import { formatNotebook } from "../../scripts/notebook/nbformat.ts";
import { chartsOf, needsNetwork } from "../../scripts/report/chart.ts";
import { toEntry } from "../../scripts/report/entry.ts";
import { UsageError } from "../../scripts/usage.ts";
import { chart, code, executedSession, lineSpec } from "./report/fixture.ts";
import { withFolder } from "../with_folder.ts";

Deno.test("writeCharts() names files after the session and what they show", async () => {
  await withFolder(async (folder) => {
    const entry = toEntry(executedSession());
    const { written, problems } = await writeCharts(entry, folder, ["svg", "png", "json"]);
    assertEquals(problems, []);
    assertEquals(written.map((path) => path.slice(folder.length + 1)), [
      "01-detection-against-heartbeat.svg",
      "01-detection-against-heartbeat.png",
      "01-detection-against-heartbeat.json",
      "01-false-offline-what-if.svg",
      "01-false-offline-what-if.png",
      "01-false-offline-what-if.json",
    ]);
    const svg = await Deno.readTextFile(written[0]);
    assertStringIncludes(svg, "Offline is told within 5 s");
    assertMatch(svg, /font-family="[^"]*sans-serif"/);
    assertStringIncludes(svg, 'xmlns="http://www.w3.org/2000/svg"');
    const png = await Deno.readFile(written[1]);
    assertEquals([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
    assert(png.length > 5_000, "text and line are in the picture");
    assertEquals(JSON.parse(await Deno.readTextFile(written[2])), lineSpec);
  });
});

Deno.test("writeCharts() gives the same bytes again", async () => {
  await withFolder(async (folder) => {
    const entry = toEntry(executedSession());
    const { written } = await writeCharts(entry, folder, ["svg", "png"]);
    const first = await Promise.all(written.map((path) => Deno.readFile(path)));
    await writeCharts(entry, folder, ["svg", "png"]);
    const second = await Promise.all(written.map((path) => Deno.readFile(path)));
    assertEquals(first, second);
  });
});

Deno.test("writeCharts() says which chart cannot be drawn, and draws the others", async () => {
  await withFolder(async (folder) => {
    const broken = chart({ title: "Broken", mark: "nonsense" });
    const cells = [code("a", [broken, chart(lineSpec)])];
    const entry = toEntry(executedSession(cells));
    const { written, problems } = await writeCharts(entry, folder, ["svg"]);
    assertEquals(written.length, 1);
    assertEquals(problems.length, 1);
    assertStringIncludes(problems[0], '01-broken.svg: Cannot draw chart "Broken"');
  });
});

Deno.test("chartsOf() gives every chart a name of its own", () => {
  const plain = { mark: "bar" };
  const cells = [
    code("a", [chart(lineSpec), chart(lineSpec), chart(plain)]),
    code("b", [chart({ ...plain, title: ["Längere", "Titel (%)"] }), chart(plain)]),
  ];
  const { notebook } = executedSession(cells);
  assertEquals(chartsOf(notebook).map(({ slug }) => slug), [
    "detection-against-heartbeat",
    "detection-against-heartbeat-2",
    "chart",
    "langere-titel",
    "chart-2",
  ]);
});

Deno.test("needsNetwork() finds addresses of data, however deep", () => {
  assertEquals(needsNetwork({ layer: [{ data: { url: "https://example.com" } }] }), true);
  const lookup = { transform: [{ lookup: "a", from: { data: { url: "b.csv" } } }] };
  assertEquals(needsNetwork(lookup), true);
  assertEquals(needsNetwork({ data: { values: [{ data: { url: "a value" } }] } }), false);
  assertEquals(needsNetwork(lineSpec), false);
});

Deno.test("parseFormats() reads a list once each, and names what it does not know", () => {
  assertEquals(parseFormats("svg, json,svg"), ["svg", "json"]);
  assertThrows(
    () => parseFormats("svg,gif"),
    UsageError,
    "one or more of svg, png, json: received gif",
  );
  assertThrows(() => parseFormats(","), UsageError, "received none");
  assertThrows(() => parseFormats("toString"), UsageError, "received toString");
});

Deno.test("charts main() has status 2 for wrong usage and 1 for a bad notebook", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "07-a.ipynb");
    await Deno.writeTextFile(path, formatNotebook(executedSession().notebook));
    const out = join(folder, "charts");
    assertEquals(await main([path, "--format", "gif", "--out", out]), 2);
    assertEquals(await main(["no-such-session", "--out", out]), 2);
    assertEquals(await main([path, "--out", out]), 0);
    const names = (await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name).sort();
    assertEquals(names, ["07-detection-against-heartbeat.svg", "07-false-offline-what-if.svg"]);
    await Deno.writeTextFile(path, "{");
    assertEquals(await main([path, "--out", out]), 1);
  });
});
