/**
 * Tables and tiles of facts, for the pages of a report.
 *
 * @module
 */
import { wordsOf } from "../../lib/show/chart/channel.ts";
import type { Accepted, Assumption, KeyResult, Published } from "../run/facts.ts";
import { fragment, type Html } from "./html.ts";
import { formatAssumption, formatNumber, formatValue } from "./number.ts";

/** Where a fact is from, in a table over several notebooks. */
export interface Origin {
  text: string;
  link: string;
}

type Located<Fact> = Fact & { origin?: Origin };

interface Column<Row> {
  title: string;
  cell: (row: Row) => Html | string | undefined;
  /** Numbers stand to the right. */
  isNumber?: boolean;
}

/** A table whose first column names its rows; one of several notebooks says which first. */
function factTable<Row extends { origin?: Origin; changed?: boolean }>(
  rows: readonly Row[],
  columns: Column<Row>[],
): Html {
  const origins: Column<Row> = {
    title: "Session",
    cell: ({ origin }) => origin && fragment`<a href="${origin.link}">${origin.text}</a>`,
  };
  const shown = rows.some(({ origin }) => origin !== undefined) ? [origins, ...columns] : columns;
  const styled = ({ isNumber }: Column<Row>) => isNumber === true && fragment` class="number"`;
  const head = shown.map((column) =>
    fragment`<th scope="col"${styled(column)}>${column.title}</th>`
  );
  const body = rows.map((row) => {
    const cells = shown.map((column) => fragment`<td${styled(column)}>${column.cell(row)}</td>`);
    return fragment`<tr${row.changed === true && fragment` class="changed"`}>${cells}</tr>\n`;
  });
  return fragment`
<div class="table"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table></div>
`;
}

function verdict(pass: boolean, yes: string, no: string): Html {
  return fragment`<span class="verdict ${pass ? "pass" : "miss"}">${pass ? yes : no}</span>`;
}

/** The key results as tiles: a name and a number to remember. */
export function resultTiles(results: readonly Pick<KeyResult, "name" | "text">[]): Html {
  const tiles = results.map(({ name, text }) =>
    fragment`<div><dt>${wordsOf(name)}</dt><dd>${text}</dd></div>\n`
  );
  return fragment`<dl class="results">\n${tiles}</dl>\n`;
}

export function assumptionTable(assumptions: readonly Located<Assumption>[]): Html {
  return factTable(assumptions, [
    { title: "Assumption", cell: ({ name }) => name },
    { title: "Value", cell: ({ value, unit }) => formatAssumption(value, unit), isNumber: true },
    { title: "Default", cell: (row) => formatAssumption(row.default, row.unit), isNumber: true },
    {
      title: "Range",
      cell: ({ range, unit }) =>
        range && range.map((end) => formatAssumption(end, unit)).join(" to "),
      isNumber: true,
    },
    { title: "Why or source", cell: ({ source }) => source },
  ]);
}

export function publishedTable(published: readonly Located<Published>[]): Html {
  return factTable(published, [
    { title: "Number", cell: ({ name }) => name },
    { title: "Published", cell: (row) => formatValue(row.expected, row.unit), isNumber: true },
    { title: "Ours", cell: (row) => formatValue(row.got, row.unit), isNumber: true },
    {
      title: "Tolerance",
      cell: ({ tolerance }) => `${formatNumber(tolerance * 100)} %`,
      isNumber: true,
    },
    { title: "Verdict", cell: ({ pass }) => verdict(pass, "reproduced", "missed") },
    { title: "Source", cell: ({ source }) => source },
  ]);
}

export function acceptanceTable(accepted: readonly Located<Accepted>[]): Html {
  return factTable(accepted, [
    { title: "Acceptance", cell: ({ name }) => name },
    {
      title: "Verdict",
      cell: ({ pass, defaults }) => verdict(pass, "holds", defaults ? "missed" : "no longer holds"),
    },
    { title: "Detail", cell: ({ detail }) => detail },
  ]);
}
