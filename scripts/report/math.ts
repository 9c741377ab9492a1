/**
 * Mathematics in Markdown: `$…$` in a line and `$$…$$` on its own, as MathML.
 *
 * MathML needs no font and no script, is readable by screen readers, and prints. As in Pandoc a dollar
 * sign opens a formula only when no space follows it, and closes one only when no space precedes
 * and no digit follows: "$5 and $10" stays money.
 *
 * @module
 */
import katex from "katex";
import type { MarkedExtension, TokenizerExtension } from "marked";

function toMathML(tex: string, displayMode: boolean): string {
  return katex.renderToString(tex, {
    displayMode,
    output: "mathml",
    throwOnError: false,
    strict: "ignore",
  });
}

const displayed: TokenizerExtension = {
  name: "displayedMath",
  level: "block",
  start: (source) => source.indexOf("$$"),
  tokenizer(source) {
    const match = /^ {0,3}\$\$([\s\S]+?)\$\$[ \t]*(?:\n|$)/.exec(source);
    return match ? { type: "displayedMath", raw: match[0], tex: match[1].trim() } : undefined;
  },
};

const inline: TokenizerExtension = {
  name: "inlineMath",
  level: "inline",
  start: (source) => source.indexOf("$"),
  tokenizer(source) {
    const double = /^\$\$([\s\S]+?)\$\$/.exec(source);
    if (double) {
      return { type: "inlineMath", raw: double[0], tex: double[1].trim(), displayMode: true };
    }
    const match = /^\$((?=\S)(?:\\.|[^\\$\n]|\n(?!\n))*?\S)\$(?!\d)/.exec(source);
    return match ? { type: "inlineMath", raw: match[0], tex: match[1] } : undefined;
  },
};

/** Both forms for `marked`, with what a formula becomes. */
export function mathTokens(
  write: (tex: string, isDisplayed: boolean) => string,
): NonNullable<MarkedExtension["extensions"]> {
  return [
    { ...displayed, renderer: (token) => `<p class="math">${write(token.tex, true)}</p>\n` },
    { ...inline, renderer: (token) => write(token.tex, token.displayMode === true) },
  ];
}

/** Teaches `marked` both forms. */
export const math: MarkedExtension = { extensions: mathTokens(toMathML) };
