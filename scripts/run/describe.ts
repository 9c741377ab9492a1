/**
 * Says in words what a run does and what it came to.
 *
 * @module
 */
import type { RunEvent } from "../notebook/execute.ts";
import { formatDuration, type LiveDisplay } from "../terminal.ts";
import type { NotebookRun } from "./run_notebook.ts";

/** Passes what happens in a kernel on to the display. */
export function showEvent(live: LiveDisplay, name: string, event: RunEvent): void {
  if (event.type !== "cell started") return;
  live.update(name, event.heading, `cell ${event.ran} of ${event.total}`);
}

function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** Where a notebook failed, on what source line, and why. */
export function describeFailure(path: string, failure: NotebookRun["failure"]): string {
  if (failure === undefined) return path;
  const { cell, line, sourceLine, name, message } = failure;
  const place = [
    path,
    cell === undefined ? "" : `cell ${cell}`,
    line === undefined ? "" : `line ${line}`,
  ].filter((part) => part !== "").join(", ");
  const source = sourceLine === undefined ? "" : `\n    ${sourceLine.trim()}`;
  const reason = message.startsWith(name) ? message : `${name}: ${message}`;
  return `${place}${source}\n    ${reason.trimEnd().replaceAll("\n", "\n    ")}`;
}

/** What stays on the screen when a notebook has ended. */
export function describeRun(run: NotebookRun): string {
  const changes = Object.entries(run.overrides).map(([name, value]) => ` ${name}=${value}`).join(
    "",
  );
  const elapsed = formatDuration(run.durationMs);
  if (run.status !== "ok") {
    const way = run.status === "timed out" ? ". Allow more with --timeout" : "";
    const failure = describeFailure(run.path, run.failure);
    return `${run.status.toUpperCase()}${changes} after ${elapsed}: ${failure}${way}`;
  }
  const misses = run.accepted.filter(({ pass }) => !pass);
  const parts = [
    elapsed,
    count(run.results.length, "key result"),
    count(run.published.length, "published number") + " reproduced",
  ].filter((part) => !part.startsWith("0 "));
  const findings = misses.map(({ name, detail }) => `\n    no longer holds: ${name}: ${detail}`);
  return `ok ${run.path}${changes} (${parts.join(", ")})${findings.join("")}`;
}
