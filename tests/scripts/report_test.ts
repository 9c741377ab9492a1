import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { formatNotebook } from "../../scripts/notebook/nbformat.ts";
import { type Cell, newNotebook } from "../../scripts/notebook/notebook.ts";
import { main, writeReport } from "../../scripts/report.ts";
import { readExecuted } from "../../scripts/report/read_executed.ts";
import { code, display, executedSession, foreignNotebook, prose } from "./report/fixture.ts";
import { withFolder } from "../with_folder.ts";

/** Writes a report without a browser; a reader of its files. */
async function reportOf(folder: string, cells: Cell[]) {
  await writeReport([executedSession(cells)], folder, { browser: null });
  return await Deno.readTextFile(join(folder, "01-online-indicator.html"));
}

/** Addresses that a browser would load to show the page: not links, not text. */
function loadedAddresses(page: string): string[] {
  const shown = page.replace(/(<script\b[^>]*>)[\s\S]*?(?=<\/script>)/g, "$1");
  const tags = shown.match(/<(?!a\b)[a-z][^>]*>/gi) ?? [];
  const attributes = tags.flatMap((tag) => [
    ...tag.matchAll(/\s(?:src|srcset|href|xlink:href|data|poster|action)\s*=\s*"([^"]*)"/gi),
  ]);
  const styles = shown.matchAll(/(?:url\(|@import)\s*["']?([^"')\s;]*)/g);
  return [...attributes, ...styles].map(([, address]) => address)
    .filter((address) => !/^(data:|#|$)/.test(address));
}

Deno.test("loadedAddresses(), our own check, finds what a browser would load", () => {
  const page =
    '<a href="x.html"><img src="http://a/1.png"><style>@import "b.css"; a{background:url(c.png)}' +
    '</style><script src="//d/e.js">"<img src=no>"</script><use href="#clip"/>';
  assertEquals(loadedAddresses(page), ["http://a/1.png", "//d/e.js", "b.css", "c.png"]);
});

Deno.test("writeReport() writes an index, pages, design documents and files", async () => {
  await withFolder(async (folder) => {
    const log: string[] = [];
    const executed = [executedSession(), foreignNotebook()];
    const options = { browser: null, log: (line: string) => log.push(line) };
    const written = await writeReport(executed, folder, options);
    assertEquals(written.map((path) => path.slice(folder.length + 1)), [
      "index.html",
      "files/01-online-indicator/alerts.yml",
      "01-online-indicator.html",
      "design/01-online-indicator.md",
      "design/01-online-indicator.html",
      "plots.html",
      "design/plots.md",
      "design/plots.html",
    ]);
    assertEquals(log, ["No PDF files: they need Chromium, Chrome or Edge on this machine"]);
    const alerts = await Deno.readTextFile(written[1]);
    assertEquals(alerts, "groups:\n  - name: presence # </script>\n");
    const left = await Array.fromAsync(Deno.readDir(folder));
    assertEquals(left.map(({ name }) => name).filter((name) => name.endsWith(".tmp")), []);
  });
});

Deno.test("writeReport() makes pages that load nothing", async () => {
  await withFolder(async (folder) => {
    const written = await writeReport([executedSession(), foreignNotebook()], folder, {
      browser: null,
    });
    for (const path of written.filter((name) => name.endsWith(".html"))) {
      const page = await Deno.readTextFile(path);
      assertEquals(loadedAddresses(page), [], path);
      assertStringIncludes(page, `content="default-src &#39;none&#39;; script-src`);
    }
  });
});

Deno.test("writeReport() gives the same bytes for the same notebooks", async () => {
  await withFolder(async (folder) => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const executed = [executedSession()];
    const written = await writeReport(executed, one, { browser: null });
    await writeReport(executed, two, { browser: null });
    for (const path of written) {
      const again = await Deno.readTextFile(path.replace(one, two));
      assertEquals(await Deno.readTextFile(path) === again, true, path);
    }
  });
});

Deno.test("writeReport() states changes, results and checks on page and index", async () => {
  await withFolder(async (folder) => {
    const [index] = await writeReport([executedSession()], folder, { browser: null });
    const page = await Deno.readTextFile(join(folder, "01-online-indicator.html"));
    assertStringIncludes(page, "This report was run with <strong>heartbeat = 5 s</strong>.");
    assertStringIncludes(page, "<dt>Heartbeats</dt><dd>33.3 M/s</dd>");
    assertStringIncludes(page, "1 of 1 published numbers reproduced");
    assertStringIncludes(page, "0 of 1 acceptance lines hold");
    assertStringIncludes(page, "Outputs from the run in out/");
    const overview = await Deno.readTextFile(index);
    assertStringIncludes(overview, "Run with heartbeat = 5 s.");
    assertStringIncludes(overview, "No longer holds: p99 under 5 s.");
    assertStringIncludes(overview, "<dt>Heartbeats</dt><dd>33.3 M/s</dd>");
    assertStringIncludes(overview, '<a href="01-online-indicator.html">01</a>');
    assertStringIncludes(overview, "Das et al. 2002");
    assertEquals(overview.match(/<img src="data:image\/svg\+xml;base64,/g)?.length, 2);
  });
});

Deno.test("writeReport() tells the runs of a sweep apart in the index", async () => {
  await withFolder(async (folder) => {
    const runs = ["a", "b"].map((value) => {
      const path = `01-online-indicator-${value}.ipynb`;
      return { ...executedSession(), path, overrides: { other: value } };
    });
    const [index] = await writeReport(runs, folder, { browser: null });
    const overview = await Deno.readTextFile(index);
    for (const value of ["a", "b"]) {
      const link =
        `<a href="01-online-indicator-${value}.html">01, heartbeat = 5 s, other = ${value}</a>`;
      assertStringIncludes(overview, link);
    }
  });
});

Deno.test("writeReport() does without a browser that does not start", async () => {
  await withFolder(async (folder) => {
    const log: string[] = [];
    const written = await writeReport([executedSession()], folder, {
      browser: join(folder, "no-browser"),
      log: (line) => log.push(line),
    });
    assertEquals(written.some((path) => path.endsWith(".pdf")), false);
    assertStringIncludes(log[0], "The browser did not start: ");
    assertStringIncludes(log[1], "No PDF files");
    assertEquals(log.length, 2);
  });
});

Deno.test("writeReport() folds code, highlights it and keeps what must be open open", async () => {
  await withFolder(async (folder) => {
    const page = await reportOf(folder, executedSession().notebook.cells);
    assertStringIncludes(page, '<span class="gist">The assumptions of this session.</span>');
    assertStringIncludes(page, '<span class="hljs-title class_">Detector</span>&lt;T&gt;');
    assertStringIncludes(page, '<details class="code" open>');
    assertEquals(page.match(/<details class="code" open>/g)?.length, 1);
    assertStringIncludes(page, '<pre class="text stdout">ok 3 &lt; 4</pre>');
  });
});

Deno.test("writeReport() honours the tags that hide cells", async () => {
  await withFolder(async (folder) => {
    const shown = (text: string) => [display({ "text/plain": text })];
    const page = await reportOf(folder, [
      prose("# T"),
      code("const a = 'cell source';", shown("cell output"), ["remove-cell"]),
      code("const b = 'input source';", shown("input output"), ["remove-input"]),
      code("const c = 'output source';", shown("output output"), ["remove-output"]),
    ]);
    for (const gone of ["cell source", "cell output", "input source", "output output"]) {
      assertEquals(page.includes(gone), false, gone);
    }
    assertStringIncludes(page, "input output");
    assertStringIncludes(page, "output source");
  });
});

Deno.test("writeReport() says that a notebook has no outputs", async () => {
  await withFolder(async (folder) => {
    const page = await reportOf(folder, [prose("# T"), code("1 + 1")]);
    assertStringIncludes(page, "No outputs yet: <code>deno task run 01</code>");
    assertStringIncludes(await Deno.readTextFile(join(folder, "index.html")), "Not run yet.");
  });
});

Deno.test("writeReport() takes an empty notebook, and none at all", async () => {
  await withFolder(async (folder) => {
    const empty = { path: "empty.ipynb", notebook: newNotebook() };
    await writeReport([empty], folder, { browser: null });
    assertStringIncludes(await Deno.readTextFile(join(folder, "empty.html")), "<h1>empty</h1>");
    const [index] = await writeReport([], folder, { browser: null });
    assertStringIncludes(await Deno.readTextFile(index), "<dt>notebooks</dt><dd>0</dd>");
  });
});

Deno.test("writeReport() shows outputs that it does not know by name or text", async () => {
  await withFolder(async (folder) => {
    const page = await reportOf(folder, [
      code("a", [display({ "application/x-thing": "1" })]),
      code("b", [display({ "application/x-thing": "1", "text/plain": "a <thing>" })]),
      code("c", [display({})]),
      code("d", [display({ "image/svg+xml": '<svg onload="alert(1)"></svg>' })]),
      code("e", [display({ "text/latex": "x^2" })]),
    ]);
    assertStringIncludes(page, "This output cannot be shown here: application/x-thing");
    assertStringIncludes(page, '<pre class="text">a &lt;thing&gt;</pre>');
    assertStringIncludes(page, '<img class="picture" src="data:image/svg+xml,%3Csvg');
    assertEquals(page.includes("<svg onload"), false);
    assertStringIncludes(page, "<msup>");
  });
});

Deno.test("writeReport() shows the picture of a chart that cannot be drawn", async () => {
  await withFolder(async (folder) => {
    await writeReport([foreignNotebook()], folder, { browser: null });
    const page = await Deno.readTextFile(join(folder, "plots.html"));
    assertStringIncludes(page, "its data must be in the notebook: received an address");
    assertStringIncludes(page, '<img class="picture" src="data:image/png;base64,');
    assertStringIncludes(page, "<pre>broken chart</pre>");
    assertStringIncludes(page, "stopped in <a href=");
    assertStringIncludes(page, "Error: &lt;no&gt; beats");
  });
});

Deno.test("writeReport() carries Mermaid only where no browser drew the diagram", async () => {
  await withFolder(async (folder) => {
    const diagram = prose("# T\n\n```mermaid\nflowchart LR\n  Left --> NeverDrawnBefore\n```");
    const page = await reportOf(folder, [diagram]);
    assertStringIncludes(page, ">flowchart LR\n  Left --&gt; NeverDrawn");
    assert(page.length > 3_000_000);
    assert((await reportOf(folder, [prose("# T")])).length < 100_000);
  });
});

Deno.test("writeReport() links to pages of the report only", async () => {
  await withFolder(async (folder) => {
    const cells = [prose("# T\n\n[own](01-online-indicator.ipynb#frame) [other](../02-b.ipynb)")];
    const page = await reportOf(folder, cells);
    assertStringIncludes(page, '<a href="01-online-indicator.html#frame"');
    assertStringIncludes(page, '<span class="path" title="../02-b.ipynb">other</span>');
  });
});

Deno.test("readExecuted() prefers a run that is newer than the notebook", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "01-a.ipynb");
    const runs = join(folder, "out");
    await Deno.mkdir(runs);
    await Deno.writeTextFile(path, formatNotebook(newNotebook(["'committed'"])));
    assertEquals((await readExecuted(path, runs)).origin, "the notebook as it is saved");
    const run = join(runs, "01-a.ipynb");
    await Deno.writeTextFile(run, formatNotebook(newNotebook(["'run'"])));
    await Deno.utime(path, 1000, 1000);
    const newer = await readExecuted(path, runs);
    assertEquals(newer.notebook.cells[0].source, "'run'");
    assertStringIncludes(newer.origin ?? "", "the run in ");
    await Deno.utime(run, 999, 999);
    assertEquals((await readExecuted(path, runs)).notebook.cells[0].source, "'committed'");
  });
});

Deno.test("report main() writes what it can and fails for a truncated notebook", async () => {
  await withFolder(async (folder) => {
    const [good, bad] = [join(folder, "good.ipynb"), join(folder, "bad.ipynb")];
    const text = formatNotebook(executedSession().notebook);
    await Deno.writeTextFile(good, text);
    await Deno.writeTextFile(bad, text.slice(0, 200));
    const out = join(folder, "site");
    assertEquals(await main([good, bad, "--out", out, "--no-pdf"]), 1);
    assertStringIncludes(await Deno.readTextFile(join(out, "good.html")), "Online/Offline");
  });
});

Deno.test("report main() refuses wrong usage with status 2", async () => {
  await withFolder(async (folder) => {
    assertEquals(await main(["no-such-session", "--out", folder]), 2);
    assertEquals(await main(["--formt", "svg"]), 2);
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const good = join(folder, "good.ipynb");
    await Deno.writeTextFile(good, formatNotebook(newNotebook()));
    assertEquals(await main([good, "--out", join(file, "site")]), 2);
  });
});
