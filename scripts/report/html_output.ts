/**
 * HTML that a cell showed: plain tables join the page, anything else gets a sandbox.
 *
 * A table of ours and a table of a data-frame library look alike and are both harmless, so what
 * decides is what the markup holds. Anything with other elements, a script, a frame or an address
 * goes into an `<iframe srcdoc>` of its own origin, which cannot reach the page; the page's
 * content policy, which it inherits, keeps it off the network.
 *
 * @module
 */
import { fragment, type Html, raw } from "./html.ts";

const ELEMENTS = new Set(
  ("table caption colgroup col thead tbody tfoot tr th td b strong i em code span small sub sup br " +
    "div p ul ol li abbr mark details summary")
    .split(" "),
);

/** Attributes that cannot load or run anything. */
const ATTRIBUTES =
  /^(class|scope|colspan|rowspan|title|align|border|data-[\w-]+|style|span|lang|open)$/;

const TAG =
  /^<(\/?)([a-z][a-z0-9]*)((?:\s+[\w-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?)*)\s*\/?>$/i;
const VOID = /^(br|col)$/;

function isHarmless(attributes: string): boolean {
  const pairs = attributes.matchAll(/([\w-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?/g);
  return [...pairs].every(([, name, value = ""]) =>
    ATTRIBUTES.test(name.toLowerCase()) &&
    !(name.toLowerCase() === "style" && /url|position|expression|\\|@/i.test(value))
  );
}

/** Reports whether markup is a well-nested table (or text) that may join the page. */
export function isPlain(markup: string): boolean {
  const open: string[] = [];
  for (const tag of markup.match(/<[^>]*>?/g) ?? []) {
    const [, closing, name, attributes] = TAG.exec(tag.toLowerCase()) ?? [];
    if (name === undefined || !ELEMENTS.has(name) || !isHarmless(attributes)) return false;
    if (VOID.test(name)) continue;
    if (closing === "") open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

/** Tells the page how tall the frame's content is, when it changes and when the page asks. */
export const FRAME_SCRIPT = `{
  const tell = () =>
    parent.postMessage({ frameHeight: document.documentElement.offsetHeight }, "*");
  addEventListener("message", tell);
  addEventListener("load", () => new ResizeObserver(tell).observe(document.documentElement));
}`;

/** The scripts in markup, so that the page's content policy can name them. */
export function scriptsIn(markup: string): string[] {
  return [...markup.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script\s*>/gi)].map((match) => match[1]);
}

/** A cell's HTML as part of a page. */
export function htmlOutput(markup: string): Html {
  if (isPlain(markup)) return fragment`<div class="table">${raw(markup)}</div>`;
  const document = `<!doctype html><meta charset="utf-8"><style>body{margin:0;` +
    `font:15px/1.5 system-ui,sans-serif;background:#fff;color:#1c2024}</style>` +
    `<script>${FRAME_SCRIPT}</script>${markup}`;
  const title = "HTML that the cell showed";
  return fragment`<iframe class="foreign" sandbox="allow-scripts" srcdoc="${document}" title="${title}"></iframe>`;
}
