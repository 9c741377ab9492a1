/**
 * A trace as a message-sequence chart, in Mermaid's text form.
 *
 * One lifeline a node; an arrow from sending to arrival, a cross where a message was lost, a note
 * for timeouts and for what nodes report. Times stand in front of each label.
 *
 * Simplified: Mermaid draws horizontal arrows, so a message is drawn where it arrives or is lost;
 * its label says when it was sent.
 *
 * @example
 * ```ts
 * import { sequenceChart } from "lib/sim/sequence_chart.ts";
 * import { Trace } from "lib/sim/trace.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const trace = new Trace();
 * trace.send(0, 1, "phone", "gateway", "beat");
 * trace.drop(0, 1, "phone", "gateway", "beat");
 * trace.timeout(4.5, "gateway", "3 beats missed");
 * assertEquals(sequenceChart(trace.steps()).split("\n"), [
 *   "sequenceDiagram",
 *   "  participant n0 as phone",
 *   "  participant n1 as gateway",
 *   "  n0-xn1: 0 s: beat (lost)",
 *   "  note over n1: 4.5 s: timeout, 3 beats missed",
 * ]);
 * ```
 */
import type { Step } from "./trace.ts";

/** Mermaid's `sequenceDiagram` for these steps; the first `limit`, since longer charts are not read. */
export function sequenceChart(steps: readonly Step[], options: { limit?: number } = {}): string {
  const { limit = 60 } = options;
  const drawn = steps.filter((step) => step.kind !== "send");
  const sent = new Map<number, number>();
  for (const step of steps) if (step.kind === "send") sent.set(step.message, step.at);
  const under = steps.filter((step) =>
    step.kind === "send" && !drawn.some((other) => other.message === step.message)
  );
  const shown = [...drawn, ...under].sort((a, b) => a.at - b.at).slice(0, limit);
  const names = new Map<string, string>();
  for (const { from, to } of shown) {
    for (const name of [from, to]) if (!names.has(name)) names.set(name, `n${names.size}`);
  }
  const lines = ["sequenceDiagram"];
  for (const [name, id] of names) lines.push(`  participant ${id} as ${clean(name)}`);
  for (const step of shown) {
    lines.push(
      `  ${draw(step, names.get(step.from)!, names.get(step.to)!, sent.get(step.message))}`,
    );
  }
  const left = drawn.length + under.length - shown.length;
  if (left > 0 && shown.length > 0) lines.push(`  note over n0: … ${left} more steps`);
  return lines.join("\n");
}

function draw(step: Step, from: string, to: string, sent: number | undefined): string {
  const label = clean(step.label);
  if (step.kind === "note") return `note over ${from}: ${seconds(step.at)}: ${label}`;
  if (step.kind === "timeout") return `note over ${from}: ${seconds(step.at)}: timeout, ${label}`;
  if (step.kind === "drop") return `${from}-x${to}: ${seconds(step.at)}: ${label} (lost)`;
  if (step.kind === "send") return `${from}--)${to}: ${seconds(step.at)}: ${label} (under way)`;
  const since = sent === undefined || sent === step.at ? "" : `, sent ${seconds(sent)}`;
  return `${from}->>${to}: ${seconds(step.at)}: ${label}${since}`;
}

function seconds(at: number): string {
  return `${+at.toPrecision(6)} s`;
}

/** Without what Mermaid takes for syntax. */
function clean(text: string): string {
  return text.replaceAll(/[;#\n]/g, (found) => found === "\n" ? " " : found === ";" ? "," : "no. ");
}
