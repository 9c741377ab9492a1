/**
 * What a cell showed, as part of a page: the richest form of each output that a page can hold.
 *
 * The order is JupyterLab's: charts, HTML, Markdown, pictures, text. An SVG stands as a picture,
 * where its scripts cannot run; a type that we cannot show is named, with its text if it has one.
 *
 * @module
 */
import type { ErrorOutput, MimeBundle, Output } from "../notebook/notebook.ts";
import { type EmittedFile, FACTS } from "../run/facts.ts";
import { caption, type Chart, chartFigure, chartOf } from "./chart.ts";
import { highlight } from "./code.ts";
import { fragment, type Html } from "./html.ts";
import { htmlOutput } from "./html_output.ts";
import type { Prose } from "./prose.ts";

export interface OutputOptions {
  prose: Prose;
  /** An id that no other figure of the page has. */
  nextId: () => string;
  /** Where a file that the notebook made can be fetched. */
  fileLink: (name: string) => string;
}

/** Text without the colour codes of terminals. */
export function withoutAnsi(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "");
}

const PICTURES = ["image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"];

/** The first picture of a bundle as a `data:` address. */
export function pictureAddress(data: MimeBundle): { type: string; address: string } | undefined {
  const type = PICTURES.find((name) => typeof data[name] === "string");
  if (type === undefined) return undefined;
  const content = data[type] as string;
  return type === "image/svg+xml"
    ? { type, address: `data:${type},${encodeURIComponent(content)}` }
    : { type, address: `data:${type};base64,${content.replace(/\s/g, "")}` };
}

function pictureOutput(data: MimeBundle, metadata: Record<string, unknown>): Html | undefined {
  const found = pictureAddress(data);
  if (found === undefined) return undefined;
  const { width } = (metadata[found.type] ?? {}) as { width?: number };
  const alt = typeof data["text/plain"] === "string" ? data["text/plain"] : "";
  const sized = width !== undefined && fragment` width="${width}"`;
  return fragment`<img class="picture" src="${found.address}" alt="${alt}"${sized}>`;
}

function artefact(file: EmittedFile, link: string): Html {
  const language = file.name.replace(/^.*\./, "");
  const name = file.name.replace(/^.*\//, "");
  return fragment`
<details class="artefact">
<summary><code>${file.name}</code><a href="${link}" download="${name}">Download</a></summary>
<pre><code class="hljs">${highlight(file.text, language)}</code></pre>
</details>
`;
}

function errorOutput(output: ErrorOutput): Html {
  const traceback = withoutAnsi(output.traceback.join("\n")).trim();
  const details = traceback !== "" &&
    fragment`<details><summary>Traceback</summary><pre>${traceback}</pre></details>`;
  return fragment`
<div class="error" role="note">
<p><strong>${output.ename}</strong>: ${withoutAnsi(output.evalue)}</p>
${details}
</div>
`;
}

async function chartOutput(
  chart: Chart,
  { data, metadata }: { data: MimeBundle; metadata: Record<string, unknown> },
  id: string,
): Promise<Html> {
  try {
    return await chartFigure(chart, id);
  } catch (error) {
    const text = fragment`<pre>${String(data["text/plain"] ?? "")}</pre>`;
    return fragment`
<figure class="chart" id="${id}">
${caption(chart)}
${pictureOutput(data, metadata) ?? text}
<p class="problem">${(error as Error).message}</p>
</figure>
`;
  }
}

function otherOutput(data: MimeBundle, metadata: Record<string, unknown>, prose: Prose): Html {
  const text = (type: string) => typeof data[type] === "string" ? data[type] as string : undefined;
  const markup = text("text/html");
  if (markup !== undefined) return htmlOutput(markup);
  const markdown = text("text/markdown") ??
    text("text/latex")?.replace(/^\s*(?!\$)([\s\S]+?)\s*$/, "$$$$$1$$$$");
  if (markdown !== undefined) return fragment`<div class="said">${prose.render(markdown)}</div>`;
  const picture = pictureOutput(data, metadata);
  if (picture !== undefined) return picture;
  if (data["application/json"] !== undefined) {
    const json = JSON.stringify(data["application/json"], null, 2);
    return fragment`<pre><code class="hljs">${highlight(json, "json")}</code></pre>`;
  }
  const plain = text("text/plain");
  if (plain !== undefined) return fragment`<pre class="text">${withoutAnsi(plain)}</pre>`;
  const types = Object.keys(data).filter((type) => type !== FACTS);
  if (types.length === 0) return fragment``;
  return fragment`<p class="problem">This output cannot be shown here: ${types.join(", ")}</p>`;
}

/** One output as HTML. */
export async function outputHtml(output: Output, options: OutputOptions): Promise<Html> {
  if (output.output_type === "stream") {
    const { name, text } = output;
    return fragment`<pre class="text ${name}">${withoutAnsi(text).trimEnd()}</pre>`;
  }
  if (output.output_type === "error") return errorOutput(output);
  const { data, metadata } = output;
  const fact = data[FACTS] as { kind: string } | undefined;
  if (fact?.kind === "file") {
    const file = fact as unknown as EmittedFile;
    return artefact(file, options.fileLink(file.name));
  }
  const chart = chartOf(output);
  if (chart !== undefined) return await chartOutput(chart, output, options.nextId());
  return otherOutput(data, metadata, options.prose);
}
