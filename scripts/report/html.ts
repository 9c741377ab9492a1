/**
 * HTML as a type of its own, so that text from a notebook cannot become markup by accident.
 *
 * Inside a `fragment` template strings are escaped, and only `Html` values pass as they are. Lists are
 * joined; `undefined`, `false` and `""` leave nothing.
 *
 * @example
 * ```ts
 * import { fragment } from "./html.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cells = ["a < b", "c"].map((text) => fragment`<td>${text}</td>`);
 * assertEquals(String(fragment`<tr>${cells}</tr>`), "<tr><td>a &lt; b</td><td>c</td></tr>");
 * ```
 *
 * @module
 */

/** Markup that is safe to put into a page. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Value = Html | string | number | undefined | false | readonly Value[];

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

function toText(value: Value): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "object" && !(value instanceof Html)) return value.map(toText).join("");
  return value instanceof Html ? value.toString() : escapeHtml(String(value));
}

/** A template whose values are escaped unless they are `Html` already. */
export function fragment(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(toText)));
}

/** Markup from a source that we trust: our own templates, Markdown prose, generated pictures. */
export function raw(text: string): Html {
  return new Html(text);
}
