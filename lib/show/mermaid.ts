/**
 * Diagrams in Mermaid's language: architectures, sequences, states.
 *
 * JupyterLab, GitHub and our reports draw a fenced block of Markdown; nothing is drawn here.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mermaid } from "./mermaid.ts";
 *
 * const diagram = mermaid("flowchart LR\n  phone --> gateway --> kafka", {
 *   title: "Beats end at the gateway",
 * });
 * assertEquals(diagram.kind, "diagram");
 * ```
 *
 * @see https://mermaid.js.org/intro/syntax-reference.html
 * @module
 */
import type { Bundle } from "./emit.ts";

/** A diagram, ready to show. */
export interface Diagram {
  readonly kind: "diagram";
  readonly title: string;
  readonly source: string;
}

/** What a diagram may begin with. */
const TYPES = [
  "flowchart",
  "graph",
  "sequenceDiagram",
  "stateDiagram-v2",
  "stateDiagram",
  "erDiagram",
  "classDiagram",
  "gantt",
  "timeline",
  "journey",
  "mindmap",
  "quadrantChart",
  "block-beta",
  "packet-beta",
  "C4Context",
];

/**
 * Makes a diagram; the title says what it shows.
 *
 * @throws {TypeError} without a title, {@linkcode SyntaxError} when the source names no diagram.
 */
export function mermaid(source: string, { title }: { title: string }): Diagram {
  if (typeof title !== "string" || title.trim() === "") {
    throw new TypeError(
      `Cannot draw diagram: title must say what it shows: received ${Deno.inspect(title)}`,
    );
  }
  const text = source.trim();
  const [first] = text.split("\n").filter((line) => !line.startsWith("%%"));
  const [type] = (first ?? "").trim().split(/[\s;:]/);
  if (!TYPES.includes(type) || text.includes("```")) {
    throw new SyntaxError(
      `Cannot draw diagram: source must begin with one of ${TYPES.join(", ")} ` +
        `and have no fence: received ${JSON.stringify(type)}`,
    );
  }
  return { kind: "diagram", title: title.trim(), source: text };
}

/** The output of a diagram. */
export function diagramBundle({ title, source }: Diagram): Bundle {
  return {
    data: {
      "text/markdown": `**${title}**\n\n\`\`\`mermaid\n${source}\n\`\`\``,
      "text/plain": `Diagram: ${title}.\n${source}`,
    },
  };
}
