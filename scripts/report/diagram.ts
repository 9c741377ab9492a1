/**
 * Mermaid diagrams: drawn once by a browser when the report is made, kept by their content.
 *
 * Mermaid measures text, so it needs a browser. Where the machine has none the page carries Mermaid
 * itself and draws when it is read; its source is readable until then.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { marked } from "marked";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { INK, MEANINGS } from "../../lib/show/chart/theme.ts";
import { FONT_FAMILY, fontFiles } from "../../lib/show/font.ts";
import { PATIENCE_MS } from "../browser.ts";
import { ROOT } from "../select.ts";
import { writeWhole } from "../write_file.ts";
import { fragment, type Html, raw } from "./html.ts";
import { DIAGRAM_LIBRARY, library } from "./libraries.ts";

/** Mermaid's settings: the font and the first colour of our charts. */
const SETTINGS = {
  startOnLoad: false,
  deterministicIds: true,
  theme: "base",
  themeVariables: {
    fontFamily: FONT_FAMILY,
    fontSize: "14px",
    primaryColor: "#eef3f9",
    primaryBorderColor: MEANINGS.baseline.color,
    primaryTextColor: INK,
    secondaryColor: "#fdf3e4",
    tertiaryColor: "#f5f6f8",
    edgeLabelBackground: "#ffffff",
    lineColor: "#5b6370",
    textColor: INK,
  },
};

/** Drawings by source; `undefined` for one that is drawn when the page is read. */
export type Diagrams = ReadonlyMap<string, string | undefined>;

function idOf(source: string): string {
  const content = JSON.stringify([SETTINGS, source]);
  return `mermaid-${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
}

/** All Mermaid sources in a Markdown text. */
export function diagramsIn(markdown: string): string[] {
  const sources: string[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === "code" && /^mermaid\b/.test(token.lang ?? "")) sources.push(token.text);
  });
  return sources;
}

async function readCached(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

interface Mermaid {
  initialize(settings: typeof SETTINGS): void;
  render(id: string, source: string): Promise<{ svg: string }>;
}

/** An empty page with the fonts of `data/fonts/`, so that all machines measure alike. */
function drawingBoard(): string {
  const faces = fontFiles().map((bytes, i) =>
    `@font-face{font-family:Inter;font-weight:${i === 0 ? 400 : 700};` +
    `src:url(data:font/ttf;base64,${Buffer.from(bytes).toString("base64")})}`
  );
  return `<!doctype html><style>${faces.join("")}</style><body></body>`;
}

async function draw(browser: Browser, sources: string[]): Promise<string[]> {
  const context = await browser.newContext({ offline: true });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const page = await context.newPage();
    await page.setContent(drawingBoard());
    await page.evaluate("document.fonts.load('14px Inter')");
    await page.addScriptTag({ content: await library(DIAGRAM_LIBRARY) });
    const drawings: string[] = [];
    for (const source of sources) {
      const drawing = await page.evaluate(
        // This function runs in the browser, where Mermaid is global.
        ([settings, id, text]) => {
          const { mermaid } = globalThis as unknown as { mermaid: Mermaid };
          mermaid.initialize(settings);
          return mermaid.render(id, text).then(({ svg }) => svg, String);
        },
        [SETTINGS, idOf(source), source] as const,
      );
      drawings.push(drawing);
    }
    return drawings;
  } finally {
    await context.close();
  }
}

/**
 * Draws what is not drawn yet; `browser` is asked for only then, and gives `undefined` when there is none.
 * A source that Mermaid cannot read stays undrawn, and the page says why.
 */
export async function drawDiagrams(
  sources: readonly string[],
  browser: () => Promise<Browser | undefined>,
  folder: string = join(ROOT, ".workshop", "diagrams"),
): Promise<Diagrams> {
  const diagrams = new Map<string, string | undefined>();
  const missing: string[] = [];
  for (const source of new Set(sources)) {
    const cached = await readCached(join(folder, `${idOf(source)}.svg`));
    diagrams.set(source, cached);
    if (cached === undefined) missing.push(source);
  }
  const started = missing.length > 0 ? await browser() : undefined;
  if (started === undefined) return diagrams;
  await Deno.mkdir(folder, { recursive: true });
  const drawings = await draw(started, missing);
  for (const [i, source] of missing.entries()) {
    diagrams.set(source, drawings[i]);
    if (!drawings[i].startsWith("<svg")) continue;
    // Whole: a later report takes what it finds for the drawing.
    await writeWhole(join(folder, `${idOf(source)}.svg`), drawings[i]);
  }
  return diagrams;
}

/** The drawing at its natural width, which the page's style may shrink; Mermaid's own takes any width. */
function atNaturalWidth(svg: string): string {
  const width = /<svg[^>]* viewBox="[-\d.]+ [-\d.]+ ([\d.]+) /.exec(svg)?.[1];
  if (width === undefined) return svg;
  const style = `--natural:${Math.ceil(Number(width))}px`;
  return svg.replace(
    /^<svg[^>]*>/,
    (tag) =>
      tag.replace(/ width="100%"/, "").replace(/ style="[^"]*"/, "").replace(
        />$/,
        ` style="${style}">`,
      ),
  );
}

/** The figure of a diagram; `occurrence` tells copies of one drawing apart. */
export function diagramFigure(source: string, diagrams: Diagrams, occurrence: number): Html {
  const drawing = diagrams.get(source);
  if (drawing === undefined) {
    return fragment`<figure class="diagram"><pre class="mermaid" data-settings="${
      JSON.stringify(SETTINGS)
    }">${source}</pre></figure>\n`;
  }
  if (!drawing.startsWith("<svg")) {
    const [reason] = drawing.split("\n");
    return fragment`<figure class="diagram">
<p class="problem">This diagram cannot be drawn: ${reason}</p>
<pre>${source}</pre>
</figure>
`;
  }
  const id = idOf(source);
  const svg = atNaturalWidth(drawing.replaceAll(id, `${id}-${occurrence}`));
  return fragment`<figure class="diagram">${raw(svg)}</figure>\n`;
}
