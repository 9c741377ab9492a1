/**
 * The comparison of a sweep as a notebook that has run, which the report shows like any other.
 *
 * @module
 */
import { bar, type Chart, line } from "lib/show/mod.ts";
import { newCodeCell, newNotebook, type Notebook } from "../notebook/notebook.ts";
import { CHART } from "../report/chart.ts";
import {
  type Comparison,
  comparisonTable,
  markdownTable,
  type SweptNotebook,
  type SweptResult,
} from "./sweep.ts";

interface Point {
  value: number | string;
  result: number;
}

/** Amounts that span more than this are read on a logarithmic scale. */
const WIDE_SPAN = 30;

function scaleOf(values: number[]): "log" | "linear" {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least > 0 && most / least > WIDE_SPAN ? "log" : "linear";
}

/** The runs that gave this result; the assumption as a number in its unit, where it is one. */
function pointsOf({ runs }: SweptNotebook, { values }: SweptResult): Point[] {
  return runs.flatMap(({ value, assumption }, i) => {
    const result = values[i]?.value;
    if (result === undefined || !Number.isFinite(result)) return [];
    const typed = Number(value);
    return [{ value: assumption?.value ?? (Number.isFinite(typed) ? typed : value), result }];
  });
}

/** What the sweep did to a result, in a sentence. */
function finding(name: string, { runs }: SweptNotebook, result: SweptResult): string {
  const shown = runs.flatMap(({ value }, i) => {
    const text = result.values[i]?.text;
    return text === undefined ? [] : [{ value, text }];
  });
  const [first, last] = [shown[0], shown.at(-1)!];
  return `${result.name} goes from ${first.text} to ${last.text} ` +
    `as ${name} goes from ${first.value} to ${last.value}`;
}

function resultChart(name: string, notebook: SweptNotebook, result: SweptResult): Chart {
  const points = pointsOf(notebook, result);
  const unit = notebook.runs.find(({ assumption }) => assumption?.unit)?.assumption?.unit;
  const title = finding(name, notebook, result);
  const results = points.map((point) => point.result);
  const y = { field: "result" as const, title: result.name, unit: result.unit || "number" };
  if (points.some(({ value }) => typeof value === "string")) {
    return bar(points, { x: { field: "value", title: name, type: "nominal" }, y, title });
  }
  const values = points.map(({ value }) => value as number);
  return line(points, {
    x: { field: "value", title: name, unit: unit || "number", scale: scaleOf(values) },
    y: { ...y, scale: scaleOf(results) },
    title,
  });
}

function hasMoved({ values }: SweptResult): boolean {
  const found = values.flatMap((value) => value ? [value.value] : []);
  return found.length > 1 && found.some((value) => value !== found[0]);
}

/** `pages` names, a notebook at a time, the notebooks in the report that hold the single runs. */
export function comparisonNotebook(comparison: Comparison, pages: string[][]): Notebook {
  const { name, values } = comparison;
  const notebook = newNotebook();
  const add = (source: string) => {
    const id = `comparison-${notebook.cells.length + 1}`;
    notebook.cells.push({ cell_type: "markdown", id, metadata: {}, source });
  };
  add(`# ${name} = ${values.join(", ")}\n\n**What does ${name} change?**`);
  comparison.notebooks.forEach((swept, i) => {
    const links = values.map((value, j) => `[${name} = ${value}](${pages[i][j]}.ipynb)`);
    const still = swept.results.filter((result) => !hasMoved(result)).map((result) => result.name);
    add([
      `## ${swept.title}`,
      markdownTable(comparisonTable(name, swept)),
      `Each run in full: ${links.join(", ")}.`,
      ...(still.length > 0 ? [`The same for all values: ${still.join(", ")}.`] : []),
    ].join("\n\n"));
    const cell = newCodeCell(`charts-${i + 1}`, "");
    cell.outputs = swept.results.filter(hasMoved).map((result) => {
      const chart = resultChart(name, swept, result);
      const data = { [CHART]: chart, "text/plain": `Chart: ${finding(name, swept, result)}` };
      return { output_type: "display_data", data, metadata: {} };
    });
    notebook.cells.push(cell);
  });
  return notebook;
}
