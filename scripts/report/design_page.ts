/**
 * The files of a design document: Markdown with pictures beside it, one HTML page, and a PDF.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { PATIENCE_MS } from "../browser.ts";
import { writeWhole } from "../write_file.ts";
import { toPicture } from "./chart.ts";
import { type DesignDocument, designDocument } from "./design_document.ts";
import { diagramFigure, type Diagrams } from "./diagram.ts";
import { toDocument } from "./document.ts";
import type { Entry } from "./entry.ts";
import { fragment } from "./html.ts";
import { Prose } from "./prose.ts";

/** Draws the charts; one that cannot be drawn is left out, as its page says why. */
async function drawPictures({ pictures }: DesignDocument): Promise<Map<string, string>> {
  const drawn = new Map<string, string>();
  for (const [path, chart] of pictures) {
    const svg = await toPicture(chart, chart.spec).catch(() => undefined);
    if (svg !== undefined) drawn.set(path, svg);
  }
  return drawn;
}

async function toPage(
  entry: Entry,
  markdown: string,
  pictures: Map<string, string>,
  diagrams: Diagrams,
): Promise<string> {
  let drawings = 0;
  const prose = new Prose({
    diagram: (source) => diagramFigure(source, diagrams, ++drawings),
    link: (address) => address.startsWith("../files/") ? address : undefined,
    image: (address) => {
      const svg = pictures.get(address);
      return svg && `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
    },
  });
  return await toDocument({
    title: `${entry.session.title}: design document`,
    description: entry.session.question,
    bodyClass: "design",
    body: fragment`<main>${prose.render(markdown)}</main>`,
  });
}

async function toPdf(browser: Browser, page: string): Promise<Uint8Array> {
  const context = await browser.newContext({ offline: true });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const tab = await context.newPage();
    await tab.setContent(page, { waitUntil: "load" });
    return await tab.pdf({
      format: "A4",
      printBackground: true,
      margin: { top: "18mm", bottom: "18mm", left: "17mm", right: "17mm" },
      displayHeaderFooter: true,
      headerTemplate: "<span></span>",
      footerTemplate: '<p style="width:100%;text-align:center;font:8px sans-serif;color:#666">' +
        '<span class="pageNumber"></span> / <span class="totalPages"></span></p>',
    });
  } finally {
    await context.close();
  }
}

/** Writes the document's files below `outDir`; their paths, as the report links to them. */
export async function writeDesign(
  entry: Entry,
  diagrams: Diagrams,
  outDir: string,
  browser: Browser | undefined,
): Promise<string[]> {
  const { stem } = entry.session;
  const document = designDocument(entry);
  const pictures = await drawPictures(document);
  await Deno.mkdir(join(outDir, "design", "charts", stem), { recursive: true });
  for (const [path, svg] of pictures) await writeWhole(join(outDir, "design", path), svg);
  const page = await toPage(entry, document.markdown, pictures, diagrams);
  const written = [`design/${stem}.md`, `design/${stem}.html`];
  await writeWhole(join(outDir, written[0]), document.markdown);
  await writeWhole(join(outDir, written[1]), page);
  if (browser !== undefined) {
    written.push(`design/${stem}.pdf`);
    await Deno.writeFile(join(outDir, written[2]), await toPdf(browser, page));
  }
  return written;
}
