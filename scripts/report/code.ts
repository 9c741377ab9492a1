/**
 * TypeScript and other code as highlighted HTML; no script is needed to read it.
 *
 * @module
 */
import hljs from "highlight.js/lib/common";
import { escapeHtml, fragment, type Html, raw } from "./html.ts";

/** Code with its parts marked by `hljs-*` classes; an unknown language stays plain. */
export function highlight(code: string, language: string): Html {
  if (!hljs.getLanguage(language)) return raw(escapeHtml(code));
  return raw(hljs.highlight(code, { language, ignoreIllegals: true }).value);
}

/** An import statement, over as many lines as it takes. */
const IMPORT = /^import\b[^;]*?["'][^"'\n]*["'][^;\n]*;?/gm;

/** What a folded cell is called: its leading comment, else its first line after the imports. */
export function summarize(source: string): { text: string; isComment: boolean } {
  const linesOf = (code: string) =>
    code.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const lines = linesOf(source);
  if (/^(\/\/|\/\*)/.test(lines[0] ?? "")) {
    const comment = lines.find((line) => !/^\/\*+$/.test(line)) ?? "";
    const text = comment.replace(/^[/*]+\s*/, "").replace(/\s*\*+\/$/, "");
    return { text, isComment: true };
  }
  const [first = lines[0] ?? ""] = linesOf(source.replace(IMPORT, ""));
  return { text: first, isComment: false };
}

/** A code cell, folded unless `open`; `label` is its execution count. */
export function foldedCode(source: string, label: string, open = false): Html {
  const lines = source.trimEnd().split("\n").length;
  const { text, isComment } = summarize(source);
  const gist = isComment
    ? fragment`<span class="gist">${text}</span>`
    : fragment`<code class="gist">${text}</code>`;
  return fragment`
<details class="code"${open && fragment` open`}>
<summary>
<span class="count">${label}</span>
${gist}
<span class="lines">${lines} ${lines === 1 ? "line" : "lines"}</span>
</summary>
<pre><code class="hljs">${highlight(source.trimEnd(), "typescript")}</code></pre>
</details>
`;
}
