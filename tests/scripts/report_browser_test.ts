/**
 * Reports as their readers see them: in a real browser, with the network cut.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { findChromium, launch, PATIENCE_MS } from "../../scripts/browser.ts";
import { parseNotebook } from "../../scripts/notebook/nbformat.ts";
import { chartsOf } from "../../scripts/report/chart.ts";
import type { Executed } from "../../scripts/report/entry.ts";
import { drawDiagrams } from "../../scripts/report/diagram.ts";
import { writeReport } from "../../scripts/report.ts";
import { allNotebooks, displayName, stem } from "../../scripts/select.ts";
import { code, display, executedSession, foreignNotebook, prose } from "./report/fixture.ts";

/** Without a browser these tests are skipped, and shown as skipped; in CI they fail instead. */
const ignore = findChromium() === undefined && Deno.env.get("CI") === undefined;

interface Visit {
  page: Page;
  /** What the console said, warnings and errors only. */
  complaints: string[];
  /** Addresses that left the page. */
  requests: string[];
}

async function visit(
  browser: Browser,
  file: string,
  options: BrowserContextOptions,
  body: (visit: Visit) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 900 },
    offline: true,
    ...options,
  });
  try {
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (/error|warning/.test(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!/^(file|data|blob|about):/.test(request.url())) requests.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    await body({ page, complaints, requests });
  } finally {
    await context.close();
  }
}

const committed = new Map<string, Executed>();
for (const path of await allNotebooks()) {
  committed.set(path, { path, notebook: parseNotebook(await Deno.readTextFile(path), path) });
}

const steps: { name: string; fn: (browser: Browser) => Promise<void> }[] = [];

/** A step of the test below, which starts one browser for all of them. */
function browserTest(
  name: string,
  executed: () => Executed[],
  body: (browser: Browser, folder: string) => Promise<void>,
  options: Parameters<typeof writeReport>[2] = { pdf: false },
): void {
  steps.push({
    name,
    fn: async (browser) => {
      const folder = await Deno.makeTempDir({ prefix: "report-" });
      try {
        await writeReport(executed(), folder, options);
        await body(browser, folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Waits. The page's policy forbids the `eval` that Playwright would wait with. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs && !await holds()) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert(await holds());
}

const session = "01-online-indicator.html";

async function drawAll(page: Page, count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    await page.locator(`#chart-${i}`).scrollIntoViewIfNeeded();
    await page.waitForSelector(`#chart-${i}[data-drawn]`);
  }
}

browserTest(
  "report page draws its charts with Vega, asks nobody, and complains of nothing",
  () => [executedSession()],
  (browser, folder) =>
    visit(browser, join(folder, session), {}, async ({ page, complaints, requests }) => {
      await drawAll(page, 2);
      const drawn = await page.locator("figure[data-drawn=live] .live svg.marks").count();
      assertEquals(drawn, 2);
      assertEquals(await page.locator("figure .picture").count(), 0);
      assertEquals(complaints, []);
      assertEquals(requests, []);
    }),
);

browserTest(
  "report page has a slider that moves the curve",
  () => [executedSession()],
  (browser, folder) =>
    visit(browser, join(folder, session), {}, async ({ page, complaints }) => {
      await drawAll(page, 2);
      const curve = page.locator("#chart-2 .mark-line path").first();
      const before = await curve.getAttribute("d");
      await page.locator("#chart-2 input[type=range]").fill("1");
      await until(async () => await curve.getAttribute("d") !== before);
      assertEquals(complaints, []);
    }),
);

browserTest(
  "report page shows pictures, mathematics, diagrams and answers without scripts",
  () => [executedSession()],
  (browser, folder) =>
    visit(browser, join(folder, session), { javaScriptEnabled: false }, async ({ page }) => {
      assertEquals(await page.locator("figure.chart .picture svg").count(), 2);
      const box = await page.locator("#chart-1 .picture svg").boundingBox();
      assertGreater(box!.width, 400);
      assertGreater(await page.locator("math").count(), 2);
      assertEquals(await page.locator("figure.diagram svg").count(), 1);
      assertStringIncludes(
        await page.locator("figure.diagram svg").textContent() ?? "",
        "Gateway",
      );
      await page.locator("summary", { hasText: "Answer" }).click();
      assert(await page.getByText("A late third beat.").isVisible());
    }),
);

browserTest(
  "report page folds and unfolds all code",
  () => [executedSession()],
  (browser, folder) =>
    visit(browser, join(folder, session), {}, async ({ page }) => {
      const folded = page.locator("details.code:not([open])");
      assertGreater(await folded.count(), 3);
      await page.getByRole("button", { name: "Show all code" }).click();
      assertEquals(await folded.count(), 0);
      await page.getByRole("button", { name: "Fold all code" }).click();
      assertGreater(await folded.count(), 3);
    }),
);

browserTest(
  "report pages fit a phone",
  () => [executedSession()],
  async (browser, folder) => {
    for (const file of ["index.html", session, `design/${session}`]) {
      await visit(
        browser,
        join(folder, file),
        { viewport: { width: 375, height: 800 } },
        async ({ page, complaints }) => {
          if (file === session) await drawAll(page, 2);
          assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 375, file);
          assertEquals(complaints, []);
        },
      );
    }
  },
);

browserTest(
  "report page prints its charts, and not its controls",
  () => [executedSession()],
  (browser, folder) =>
    visit(browser, join(folder, session), {}, async ({ page }) => {
      await page.emulateMedia({ media: "print" });
      assert(await page.locator("#chart-1 svg").first().isVisible());
      assert(await page.locator("#chart-2 svg").first().isVisible());
      assertEquals(await page.locator("nav.contents").isVisible(), false);
    }),
);

browserTest(
  "report page keeps foreign scripts and pictures in their place",
  () => [foreignNotebook()],
  (browser, folder) =>
    visit(browser, join(folder, "plots.html"), {}, async ({ page, complaints }) => {
      const outside = page.locator("iframe.foreign");
      await until(async () => (await outside.boundingBox())!.height > 290);
      const frame = page.frameLocator("iframe.foreign");
      assertEquals(await frame.locator("#plot p").innerText(), "drawn");
      assertEquals(
        await frame.locator("img").evaluate((img) => "naturalWidth" in img && img.naturalWidth),
        0,
      );
      assertEquals(await page.title(), "Plots");
      for (const complaint of complaints) {
        assertStringIncludes(complaint, "Content Security Policy");
      }
      assertEquals(await page.locator(".table td").allInnerTexts(), ["plain"]);
    }),
);

browserTest(
  "report page draws the diagrams that nobody drew before",
  () => [executedSession([prose("# T\n\n```mermaid\nflowchart LR\n  Here --> Now\n```")])],
  (browser, folder) =>
    visit(browser, join(folder, session), {}, async ({ page, complaints }) => {
      await page.waitForSelector("pre.mermaid svg");
      assertStringIncludes(
        await page.locator("pre.mermaid svg").textContent() ?? "",
        "Now",
      );
      assertEquals(complaints, []);
    }),
  { browser: null },
);

browserTest(
  "writeReport() writes design documents as PDF",
  () => [executedSession()],
  async (_browser, folder) => {
    const pdf = await Deno.readFile(join(folder, "design", "01-online-indicator.pdf"));
    assertEquals(new TextDecoder().decode(pdf.subarray(0, 5)), "%PDF-");
    assertGreater(pdf.length, 10_000);
  },
  {},
);

steps.push({
  name: "drawDiagrams() draws once, keeps by content, and reports a source with a mistake",
  fn: async (browser) => {
    const folder = await Deno.makeTempDir({ prefix: "diagrams-" });
    let asked = 0;
    const ask = () => Promise.resolve(asked++ === 0 ? browser : undefined);
    try {
      const sources = [
        "flowchart LR\n  A --> B",
        "flowchart LR\n  A -->",
        "flowchart LR\n  A --> B",
      ];
      const drawn = await drawDiagrams(sources, ask, folder);
      assertStringIncludes(drawn.get(sources[0]) ?? "", "<svg");
      assertStringIncludes(drawn.get(sources[1]) ?? "", "Parse error");
      const kept = await drawDiagrams([sources[0]], ask, folder);
      assertEquals(kept.get(sources[0]), drawn.get(sources[0]));
      assertEquals(asked, 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

browserTest(
  "report page holds two copies of a chart and of a diagram without mixing their ids",
  () => {
    const diagram = prose("```mermaid\nflowchart LR\n  A --> B\n```");
    const [shown] = executedSession().notebook.cells.filter((cell) =>
      cell.cell_type === "code" && cell.source.includes("Heartbeats")
    );
    const again = code("again", "outputs" in shown ? shown.outputs : []);
    const text = code("said", [display({ "text/markdown": diagram.source })]);
    return [executedSession([prose("# T"), shown, again, diagram, text])];
  },
  (browser, folder) =>
    visit(browser, join(folder, session), { javaScriptEnabled: false }, async ({ page }) => {
      const ids = await page.locator("[id]").evaluateAll((elements) =>
        elements.map((element) => (element as { id?: unknown }).id)
      );
      assertGreater(ids.length, 10);
      assertEquals(ids.filter((id, i) => ids.indexOf(id) !== i), []);
    }),
);

for (const [path, executed] of committed) {
  browserTest(
    `report page of ${displayName(path)} draws every chart and complains of nothing`,
    () => [executed],
    (browser, folder) =>
      visit(browser, join(folder, `${stem(path)}.html`), {}, async ({ page, ...said }) => {
        const charts = chartsOf(executed.notebook).length;
        await drawAll(page, charts);
        assertEquals(await page.locator("figure[data-drawn=live]").count(), charts);
        assertEquals(await page.locator(".problem").allInnerTexts(), []);
        assertEquals(said, { complaints: [], requests: [] });
      }),
  );
}

Deno.test({
  name: "report in a real browser",
  ignore,
  fn: async (test) => {
    const browser = await launch();
    try {
      for (const { name, fn } of steps) await test.step(name, () => fn(browser));
    } finally {
      await browser.close();
    }
  },
});
