/**
 * Markdown as a report shows it: mathematics, diagrams, highlighted code, headings that can be linked.
 *
 * Our own prose is trusted, so its HTML (folded answers, for example) passes as it is; what it must not do,
 * the page's content policy prevents. Addresses are resolved by the caller: a picture becomes part of the
 * page or a link, and a link to a file that the report does not hold stays readable as text.
 *
 * @module
 */
import { Marked, type Tokens } from "marked";
import { highlight } from "./code.ts";
import { escapeHtml, fragment, type Html, raw } from "./html.ts";
import { math } from "./math.ts";

export interface Heading {
  /** 1 to 6. */
  depth: number;
  text: string;
  id: string;
}

export interface ProseOptions {
  /** The drawing of a Mermaid source. */
  diagram: (source: string) => Html;
  /** Where a relative link leads in the report; `undefined` when it leads nowhere. */
  link?: (address: string) => string | undefined;
  /** A picture as a `data:` address; `undefined` when it cannot be part of the page. */
  image?: (address: string) => string | undefined;
}

/** What is set as it is: code, and mathematics. */
const VERBATIM = /(^```[\s\S]*?^```|`[^`]*`|\$\$[\s\S]*?\$\$|\$[^$\n]*\$)/m;
const NUMBER_AND_UNIT =
  /(\d) (?=(?:%|[kMGTP]|(?:[kMGTP]i?)?B|[kMGTP]?bit|[nµm]?s|min|h|days)(?![\w]))/g;

/** Keeps a number and its unit on one line. */
export function withoutLooseUnits(markdown: string): string {
  return markdown.split(VERBATIM)
    .map((part, i) => i % 2 === 1 ? part : part.replace(NUMBER_AND_UNIT, "$1\u00a0"))
    .join("");
}

const EXTERNAL = /^([a-z][a-z0-9+.-]*:|\/\/)/i;

/** Text of a heading without its markup. */
function plainText(markup: string): string {
  return markup.replace(/<annotation[\s\S]*?<\/annotation>/g, "").replace(/<[^>]*>/g, "")
    .replace(
      /&(amp|lt|gt|quot|#39);/g,
      (entity) =>
        ({ "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" })[entity]!,
    );
}

/** Renders the cells of one page: heading ids are unique within it. */
export class Prose {
  /** All headings so far, in order. */
  readonly headings: Heading[] = [];
  readonly #ids = new Set<string>();
  readonly #marked: Marked;

  constructor(options: ProseOptions) {
    const addHeading = (depth: number, markup: string) => this.#addHeading(depth, markup);
    this.#marked = new Marked({ gfm: true }, math, {
      renderer: {
        heading({ tokens, depth }: Tokens.Heading) {
          const markup = this.parser.parseInline(tokens);
          const { id } = addHeading(depth, markup);
          return `<h${depth} id="${id}">${markup}` +
            `<a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`;
        },
        code({ text, lang }: Tokens.Code) {
          const language = lang?.match(/^\S*/)?.[0] ?? "";
          if (language === "mermaid") return String(options.diagram(text));
          return `<pre><code class="hljs">${highlight(text, language)}</code></pre>\n`;
        },
        table(token: Tokens.Table) {
          const cells = (row: Tokens.TableCell[]) =>
            row.map((cell) => this.tablecell(cell)).join("");
          const body = token.rows.map((row) => `<tr>${cells(row)}</tr>`).join("");
          return `<div class="table"><table><thead><tr>${cells(token.header)}</tr></thead>` +
            `<tbody>${body}</tbody></table></div>\n`;
        },
        link({ href, title, tokens }: Tokens.Link) {
          const text = this.parser.parseInline(tokens);
          const address = EXTERNAL.test(href) || href.startsWith("#") ? href : options.link?.(href);
          if (address === undefined || /^(javascript|data|vbscript):/i.test(address)) {
            return `<span class="path" title="${escapeHtml(href)}">${text}</span>`;
          }
          const named = title ? ` title="${escapeHtml(title)}"` : "";
          return `<a href="${escapeHtml(address)}"${named} rel="noreferrer">${text}</a>`;
        },
        image({ href, title, text }: Tokens.Image) {
          const address = href.startsWith("data:") ? href : options.image?.(href);
          if (address !== undefined) {
            const named = title ? ` title="${escapeHtml(title)}"` : "";
            return `<img src="${escapeHtml(address)}" alt="${escapeHtml(text)}"${named}>`;
          }
          const label = `Picture: ${escapeHtml(text || href)}`;
          return EXTERNAL.test(href)
            ? `<a href="${escapeHtml(href)}" rel="noreferrer">${label}</a>`
            : `<span class="path" title="${escapeHtml(href)}">${label}</span>`;
        },
      },
    });
  }

  #addHeading(depth: number, markup: string): Heading {
    const text = plainText(markup).trim();
    const base = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") ||
      "section";
    let id = base;
    for (let n = 2; this.#ids.has(id); n++) id = `${base}-${n}`;
    this.#ids.add(id);
    const heading = { depth, text, id };
    this.headings.push(heading);
    return heading;
  }

  /** One Markdown text as HTML. */
  render(markdown: string): Html {
    return raw(this.#marked.parse(withoutLooseUnits(markdown), { async: false }));
  }
}

/** The table of contents of a page: its sections, and theirs. */
export function tableOfContents(headings: readonly Heading[]): Html {
  const sections: { heading: Heading; parts: Heading[] }[] = [];
  for (const heading of headings) {
    if (heading.depth === 2) sections.push({ heading, parts: [] });
    else if (heading.depth === 3) sections.at(-1)?.parts.push(heading);
  }
  const link = ({ id, text }: Heading) => fragment`<a href="#${id}">${text}</a>`;
  const items = sections.map(({ heading, parts }) => {
    const nested = parts.map((part) => fragment`<li>${link(part)}</li>`);
    return fragment`<li>${link(heading)}${
      nested.length > 0 && fragment`<ol>${nested}</ol>`
    }</li>\n`;
  });
  return fragment`<ol>\n${items}</ol>`;
}
