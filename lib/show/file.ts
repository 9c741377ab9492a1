/**
 * Hands the reader a file: alert rules, a dashboard, SQL, a runbook.
 *
 * A cell never writes into the project; the file rides in the output, and the runner and the report
 * write it beside their results.
 *
 * @example
 * ```ts
 * import { file } from "./file.ts";
 *
 * await file("alerts.yml", "groups: []\n");
 * ```
 *
 * @module
 */
import { emit, FACTS } from "./emit.ts";
import { escapeHtml } from "./table.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  md: "text/markdown",
  sql: "application/sql",
  svg: "image/svg+xml",
  ts: "text/typescript",
  txt: "text/plain",
  yaml: "application/yaml",
  yml: "application/yaml",
};

/**
 * Shows a file, folded, with its text; await it last in a cell.
 *
 * @throws {TypeError} when the name is not a plain file name.
 */
export async function file(
  name: string,
  text: string,
  mediaType: string = MEDIA_TYPES[name.split(".").at(-1)!] ?? "text/plain",
): Promise<void> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new TypeError(
      `Cannot show file: name must be letters, digits, dots and dashes: received ${
        Deno.inspect(name)
      }`,
    );
  }
  if (typeof text !== "string") {
    throw new TypeError(`Cannot show file: text must be a text: received ${Deno.inspect(text)}`);
  }
  const count = text.split("\n").length - Number(text.endsWith("\n"));
  const summary = `${name} (${mediaType}, ${count} line${count === 1 ? "" : "s"})`;
  await emit({
    data: {
      "text/html": `<details><summary>File ${escapeHtml(summary)}</summary>\n` +
        `<pre>${escapeHtml(text)}</pre>\n</details>`,
      "text/plain": `File ${summary}`,
      [FACTS]: { kind: "file", name, mediaType, text },
    },
  });
}
