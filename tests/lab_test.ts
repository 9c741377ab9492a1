/**
 * JupyterLab for real: a headless browser opens a copy of a notebook, runs it, sees its charts, changes an assumption.
 *
 * The copy lies in the project, so that its imports resolve, and the committed notebook stays as it is.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { listProcesses } from "../lib/services/processes.ts";
import { findChromium, launch, PATIENCE_MS } from "../scripts/browser.ts";
import { isPythonReady } from "../scripts/setup/python.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const fixture = join(root, "tests", "fixtures", "lab.ipynb");
// In CI what is missing is a failure, not a skip.
const ignore = Deno.env.get("CI") === undefined &&
  (findChromium() === undefined || !await isPythonReady(root));

/** Asks until the answer will do, for a minute at most; the last answer. */
async function until<T>(ask: () => T | Promise<T>, willDo: (answer: T) => boolean): Promise<T> {
  const endMs = performance.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (willDo(answer) || performance.now() > endMs) return answer;
    await new Promise((done) => setTimeout(done, 100));
  }
}

interface Lab {
  url: string;
  /** The run folder, which every process of the lab names on its command line. */
  runFolder: string;
  end(signal: Deno.Signal): Promise<{ code: number; text: string }>;
}

/** Starts the lab on a folder; with a port of the system's choice, so that another lab does not matter. */
async function startLab(folder: string): Promise<Lab> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/lab.ts", "--no-browser", folder],
    cwd: root,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let text = "";
  const started = Promise.withResolvers<string>();
  const ended = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const url = text.match(/http:\S+token=\w+/)?.[0];
      if (url !== undefined) started.resolve(url);
    }
    started.reject(new Error(`JupyterLab did not start: ${text}`));
  })();
  const url = await started.promise;
  const server = listProcesses().find(({ commandLine }) =>
    commandLine.includes("jupyterlab") && commandLine.includes(join(root, ".workshop", "runs")) &&
    portOf(commandLine) === new URL(url).port
  );
  const runFolder = dirname(configOf(server!.commandLine));
  const end = async (signal: Deno.Signal) => {
    child.kill(signal);
    const { code } = await child.status;
    await ended;
    return { code, text };
  };
  return { url, runFolder, end };
}

function configOf(commandLine: string): string {
  return commandLine.match(/--config=(\S+)/)![1];
}

/** None where the lab has ended meanwhile. */
function portOf(commandLine: string): string | undefined {
  try {
    return String(JSON.parse(Deno.readTextFileSync(configOf(commandLine))).ServerApp.port);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Runs the body with a lab on a copy of a notebook; nothing of it stays. */
async function withLab(
  notebook: string,
  body: (lab: Lab, copy: string) => Promise<void>,
): Promise<void> {
  const parent = join(root, ".workshop", "lab-test");
  await Deno.mkdir(parent, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: parent });
  const copy = join(folder, "copy.ipynb");
  await Deno.copyFile(notebook, copy);
  const lab = await startLab(folder);
  try {
    await body(lab, copy);
  } finally {
    await lab.end("SIGTERM").catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

async function openNotebook(lab: Lab, page: Page): Promise<void> {
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(lab.url.replace("/lab?", "/lab/tree/copy.ipynb?"));
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
  await page.locator("#jp-main-statusbar").getByText("Deno | Idle").waitFor();
}

const CHART = ".jp-RenderedVegaCommon5";
const ERROR = '[data-mime-type="application/vnd.jupyter.stderr"]';

/** Runs all cells in a fresh kernel; resolves when each has run, or one has failed. */
async function runAll(page: Page): Promise<void> {
  await page.evaluate(
    "for (const e of document.querySelectorAll('.jp-OutputArea-child')) e.dataset.stale = ''",
  );
  await page.getByRole("menuitem", { name: "Kernel", exact: true }).click();
  await page.getByRole("menuitem", { name: /Restart Kernel and Run All Cells/ }).click();
  await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
  const hasRun = `(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    if (all(${JSON.stringify(ERROR)}).length > 0) return true;
    return all('[data-stale]').length === 0 && all('.jp-OutputArea-child').length > 0 &&
      all('.jp-CodeCell .jp-InputPrompt').every((e) => /^\\[\\d+\\]:$/.test(e.textContent.trim()));
  })()`;
  await page.waitForFunction(hasRun, undefined, { timeout: 600_000, polling: 100 });
}

/** What the outputs say, without charts, once they say what is expected: they are there before they are drawn. */
async function outputText(page: Page, expected: RegExp): Promise<string> {
  const outputs = page.locator(".jp-OutputArea-output");
  const read = async () =>
    (await outputs.evaluateAll((elements) =>
      elements.map((element) => (element.querySelector(".vega-embed") ? "" : element.textContent))
    )).join("\n");
  return await until(read, (text) => expected.test(text));
}

/** Sizes of what Vega drew, in pixels of the page. */
async function drawnCharts(page: Page): Promise<{ width: number; height: number }[]> {
  const drawings = page.locator(".vega-embed canvas, .vega-embed svg.marks");
  return await drawings.evaluateAll((elements) =>
    elements.map((element) => {
      const { width, height } = element.getBoundingClientRect();
      return { width, height };
    })
  );
}

/** Types a new value of `changes` into the parameters cell, as a reader would. */
async function changeAssumption(page: Page, value: string): Promise<void> {
  const line = page.locator(".jp-CodeCell .cm-line").filter({ hasText: /^const changes/ }).first();
  const text = (await line.textContent())!;
  await line.scrollIntoViewIfNeeded();
  await line.click();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.insertText(text.replace(/=\s*\{.*?\};/, `= ${value};`));
  await page.keyboard.press("Escape");
}

/** What a reader does first, a step each: open, run, look at the charts, change an assumption, look again. */
async function readNotebook(
  t: Deno.TestContext,
  lab: Lab,
  page: Page,
  expected: { before: RegExp; after: RegExp },
): Promise<{ before: string; after: string }> {
  const texts = { before: "", after: "" };
  await t.step("opens in JupyterLab with the Deno kernel", () => openNotebook(lab, page));
  await t.step("runs all cells, none fails", async () => {
    await runAll(page);
    assertEquals(await page.locator(ERROR).allTextContents(), []);
    texts.before = await outputText(page, expected.before);
    assertMatch(texts.before, expected.before);
  });
  await t.step("Vega draws every chart in the page", async () => {
    const isDrawn = `(() => {
      const charts = [...document.querySelectorAll(${JSON.stringify(CHART)})];
      return charts.length > 0 && charts.every((e) => e.querySelector("canvas, svg.marks"));
    })()`;
    await page.waitForFunction(isDrawn);
    const charts = await drawnCharts(page);
    assertEquals(charts.length, await page.locator(CHART).count());
    for (const { width, height } of charts) assert(width > 100 && height > 20);
    assertEquals(await page.getByText("Javascript Error").count(), 0);
    await page.locator(CHART).first().scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(root, ".workshop", "lab-test.png") });
  });
  await t.step("follows a changed assumption", async () => {
    await changeAssumption(page, '{ heartbeat: "5 s" }');
    await runAll(page);
    assertEquals(await page.locator(ERROR).allTextContents(), []);
    texts.after = await outputText(page, expected.after);
    assertMatch(texts.after, expected.after);
  });
  return texts;
}

/** The programs that run for a lab. */
function programsOf(lab: Lab): string[] {
  return listProcesses().filter(({ commandLine }) => commandLine.includes(lab.runFolder))
    .map(({ commandLine }) => basename(commandLine.split(" ")[0])).sort();
}

/** The kernel of before a restart has a moment to end. */
async function assertRunning(lab: Lab): Promise<void> {
  const expected = ["deno", "deno", "python", "redis-server"];
  const programs = await until(() => programsOf(lab), (found) => `${found}` === `${expected}`);
  assertEquals(programs, expected);
}

async function assertGone(lab: Lab): Promise<void> {
  assertEquals(await until(() => programsOf(lab), (programs) => programs.length === 0), []);
  const isThere = await Deno.stat(lab.runFolder).then(() => true, () => false);
  assertEquals(isThere, false, "the run folder");
}

const firstSession = [...Deno.readDirSync(join(root, "notebooks", "week-01"))]
  .find((entry) => /^01-.*\.ipynb$/.test(entry.name));

Deno.test({
  name: "JupyterLab opens the first session, runs it, and follows a changed heartbeat",
  ignore: ignore || firstSession === undefined,
  fn: async (t) => {
    const notebook = join(root, "notebooks", "week-01", firstSession!.name);
    const committed = await Deno.readTextFile(notebook);
    await withLab(notebook, async (lab) => {
      await using browser = await launch();
      const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
      // 50 million devices, a beat every 1.5 s or every 5 s.
      const expected = { before: /33\.3 M/, after: /10(\.0)? M/ };
      const { after } = await readNotebook(t, lab, page, expected);
      assertNotMatch(after, /33\.3 M/, "a beat every 5 s is 10 M/s");
    });
    assertEquals(await Deno.readTextFile(notebook), committed, "the committed notebook");
  },
});

Deno.test({
  name: "JupyterLab with a private Redis: all of it ends with Ctrl-C",
  ignore,
  fn: (t) =>
    withLab(fixture, async (lab) => {
      await using browser = await launch();
      const page = await browser.newPage();
      await readNotebook(t, lab, page, {
        before: /Redis .*: 33\.3 M\/s in copy:\w{8}:/,
        after: /Redis .*: 10\.0 M\/s in copy:\w{8}:/,
      });
      await browser.close();
      await assertRunning(lab);
      assertEquals((await lab.end("SIGINT")).code, 0);
      await assertGone(lab);
    }),
});

Deno.test({
  name: "lab: kill -9 leaves no JupyterLab, kernel or service",
  ignore: ignore || Deno.build.os === "windows",
  fn: () =>
    withLab(fixture, async (lab) => {
      await using browser = await launch();
      const page = await browser.newPage();
      await openNotebook(lab, page);
      await runAll(page);
      await browser.close();
      await assertRunning(lab);
      await lab.end("SIGKILL");
      await assertGone(lab);
    }),
});

Deno.test({
  name: "lab: a taken port and a missing folder are wrong usage",
  fn: async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const run = async (...args: string[]) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "scripts/lab.ts", ...args],
        cwd: root,
      }).output();
      return { code, text: new TextDecoder().decode(stderr) };
    };
    const { port } = taken.addr;
    const first = await run("--port", String(port));
    assertEquals(first.code, 2);
    assertMatch(
      first.text,
      new RegExp(`--port must be a free port: received ${port}, which is taken`),
    );
    const second = await run("no/such/folder");
    assertEquals(second.code, 2);
    assertMatch(second.text, /FOLDER must be a folder: received .*no\/such\/folder/);
  },
});
