/**
 * The table of assumptions, with what the reader changed marked, and the same as facts for our tools.
 *
 * @module
 */
import { quantity } from "../estimate/quantity.ts";
import { type Bundle, emit, FACTS } from "../show/emit.ts";
import type { Resolved } from "./resolve.ts";

/** Shows the assumptions in force. */
export async function showAssumptions(assumptions: readonly Resolved[]): Promise<void> {
  const rows = assumptions.map((assumption) => ({
    assumption: assumption.name,
    value: said(assumption, assumption.value) +
      (assumption.changed ? ` (changed from ${said(assumption, assumption.default)})` : ""),
    range: rangeOf(assumption),
    "why or source": assumption.source,
  }));
  const count = assumptions.filter(({ changed }) => changed).length;
  const bundle = tableBundle(rows, count > 0 ? `Assumptions, ${count} changed` : "Assumptions");
  bundle.data[FACTS] = { kind: "assumptions", assumptions };
  await emit(bundle);
}

function said({ unit }: Resolved, value: number | string): string {
  return typeof value === "string" ? value : `${quantity(value, unit)}`;
}

function rangeOf({ range, options, unit }: Resolved): string {
  return range ? range.map((end) => quantity(end, unit)).join(" to ") : options!.join(" or ");
}

/** Shows rows of text as a table. */
export async function showTable(
  rows: readonly Record<string, string>[],
  caption: string,
): Promise<void> {
  await emit(tableBundle(rows, caption));
}

function tableBundle(rows: readonly Record<string, string>[], caption: string): Bundle {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const plain = lines.map((line) =>
    line.map((text, i) => text.padEnd(widths[i])).join("  ").trim()
  );
  const cells = (line: string[], tag: string) =>
    line.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join("");
  const [head, ...body] = lines;
  const html = `<table><caption>${escaped(caption)}</caption><thead><tr>${cells(head, "th")}</tr>` +
    `</thead><tbody>${
      body.map((line) => `<tr>${cells(line, "td")}</tr>`).join("")
    }</tbody></table>`;
  return { data: { "text/html": html, "text/plain": [caption, ...plain].join("\n") } };
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
