/**
 * The table of assumptions, with what the reader changed marked, and the same as facts for our tools.
 *
 * @module
 */
import { quantity } from "../estimate/quantity.ts";
import { emit, FACTS } from "../show/emit.ts";
import { table, tableBundle } from "../show/table.ts";
import type { Resolved } from "./resolve.ts";

/** Shows the assumptions in force. */
export async function showAssumptions(assumptions: readonly Resolved[]): Promise<void> {
  const rows = assumptions.map((assumption) => ({
    assumption: assumption.name,
    value: said(assumption, assumption.value) +
      (assumption.changed ? ` (changed from ${said(assumption, assumption.default)})` : ""),
    range: rangeOf(assumption),
    source: assumption.source,
  }));
  const count = assumptions.filter(({ changed }) => changed).length;
  const { data } = tableBundle(table(rows, {
    columns: ["assumption", "value", "range", { field: "source", title: "why or source" }],
    caption: count > 0 ? `Assumptions, ${count} changed` : "Assumptions",
  }));
  await emit({ data: { ...data, [FACTS]: { kind: "assumptions", assumptions } } });
}

function said({ unit }: Resolved, value: number | string): string {
  return typeof value === "string" ? value : `${quantity(value, unit)}`;
}

function rangeOf({ range, options, unit }: Resolved): string {
  return range ? range.map((end) => quantity(end, unit)).join(" to ") : options!.join(" or ");
}
