/**
 * A notebook that follows every rule, to break one at a time.
 *
 * @module
 */
import { newCodeCell, newNotebook, type Output } from "../../../scripts/notebook/notebook.ts";
import { formatNotebook } from "../../../scripts/notebook/nbformat.ts";
import type { Spec } from "../../../scripts/report/chart.ts";
import { FACTS } from "../../../scripts/run/facts.ts";
import { type Candidate, HEADINGS } from "../../../scripts/structure/rules.ts";

const SESSION = {
  number: 1,
  week: 1,
  theme: "Foundation",
  slug: "01-presence",
  title: "Presence",
  context: "Who is online",
  steps: ["Bucket presence sources"],
  tradeOffs: ["Push vs. pull updates", "cache-only vs. cache + source of truth"],
  handsOn: ["Code a heartbeat daemon with jitter, inject packet loss"],
};

const TEXT: Record<string, string> = {
  "Hands-on": "> Code a heartbeat daemon with jitter, inject packet loss.",
  "Trade-offs": "### Push vs. pull updates\n\n### Cache-only vs. cache + source of truth",
  "What we learned": "<details>one</details>\n<details>two</details>\n<details>three</details>",
};

export function chartSpec(finding: string): Spec {
  return {
    title: { text: finding },
    description: `A line: ${finding}.`,
    mark: "line",
    encoding: {
      x: { field: "load", type: "quantitative", title: "Load (%)" },
      y: { field: "gateway", type: "nominal", title: "Gateway" },
    },
  };
}

export function display(data: Record<string, unknown>): Output {
  return { output_type: "display_data", data, metadata: {} };
}

/** The candidate after a change to its parts; the file's text follows. */
export function candidate(change: (parts: Candidate) => void = () => {}): Candidate {
  const notebook = newNotebook();
  const markdown = (id: string, source: string) => {
    notebook.cells.push({ cell_type: "markdown", id, metadata: {}, source });
  };
  markdown("title", "# 01. Presence\n\n**Who is online right now?**\n\nAbout 60 minutes; Redis.");
  let count = 0;
  HEADINGS.forEach((heading, i) => {
    markdown(`heading-${i}`, `## ${heading}\n\n${TEXT[heading] ?? ""}`);
    const tags = heading === "Assumptions" ? ["parameters"] : [];
    const cell = newCodeCell(`code-${i}`, `assert(${i} < 11);`, tags);
    cell.execution_count = ++count;
    if (i < 4) {
      cell.outputs.push(display({ "application/vnd.vegalite.v5+json": chartSpec(`Finding ${i}`) }));
    }
    notebook.cells.push(cell);
  });
  const published = { kind: "published", name: "phi", source: "paper", expected: 1, got: 1 };
  const world = notebook.cells.at(-3)!;
  if (world.cell_type === "code") world.outputs.push(display({ [FACTS]: published }));
  const parts: Candidate = {
    path: "notebooks/week-01/01-presence.ipynb",
    notebook,
    text: "",
    session: structuredClone(SESSION),
  };
  change(parts);
  if (parts.text === "") parts.text = formatNotebook(notebook);
  return parts;
}
