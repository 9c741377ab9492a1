/**
 * Browser scripts from `node_modules`, as text that can stand inside a `<script>` element.
 *
 * @module
 */

/** The scripts that draw charts, in the order in which they load. */
export const CHART_LIBRARIES = [
  "vega/build/vega.min.js",
  "vega-lite/build/vega-lite.min.js",
  "vega-embed/build/vega-embed.min.js",
];

/** Draws diagrams in the page, where no browser was there to draw them before. */
export const DIAGRAM_LIBRARY = "mermaid/dist/mermaid.min.js";

/** Text that would end or hide an inline script is spelt so that it means the same to JavaScript. */
export function toInlineScript(script: string): string {
  return script
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n")
    .replace(/<(?=\/script|script|!--)/gi, "\\x3c");
}

const loaded = new Map<string, Promise<string>>();

/** Reads one of the libraries, ready to inline. */
export function library(path: string): Promise<string> {
  const url = new URL(`../../node_modules/${path}`, import.meta.url);
  const script = loaded.get(path) ?? Deno.readTextFile(url).then(toInlineScript);
  loaded.set(path, script);
  return script;
}

let ownScript: Promise<string> | undefined;

/** The script of our pages. */
export function pageScript(): Promise<string> {
  ownScript ??= Deno.readTextFile(new URL("page.js", import.meta.url)).then(toInlineScript);
  return ownScript;
}
