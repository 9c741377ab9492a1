/**
 * A runbook as Markdown: what to do when an alert rings, short enough to follow at night.
 *
 * Every step says what to do and what one must see before going on; a command stands in a block of
 * its own, to be copied. It ends with how to undo it all, and whom to call when it does not help.
 *
 * @example
 * ```ts
 * import { runbook } from "lib/operate/runbook.ts";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const markdown = runbook({
 *   title: "Drain a gateway",
 *   when: "A gateway must be replaced, or its error rate is up",
 *   impact: "Its devices reconnect elsewhere within 2 s",
 *   steps: [{ action: "Take it out of the load balancer", expect: "No new connections" }],
 *   undo: "Put it back",
 *   escalate: "presence on call",
 * });
 * assertStringIncludes(markdown, "1. Take it out of the load balancer");
 * ```
 *
 * @module
 */

/** One step. */
export interface RunbookStep {
  action: string;
  /** What to run, as it is. */
  command?: string;
  /** What must be seen before the next step. */
  expect: string;
}

/** What a runbook must say. */
export interface Runbook {
  title: string;
  /** The alert or the situation that calls for it. */
  when: string;
  /** What users notice, before and while it is followed. */
  impact: string;
  steps: readonly RunbookStep[];
  undo: string;
  escalate: string;
}

/** The runbook in Markdown. Throws when something that is needed at night is missing. */
export function runbook(book: Runbook): string {
  const { title, when, impact, steps, undo, escalate } = book;
  for (const [name, text] of Object.entries({ title, when, impact, undo, escalate })) {
    if (text.trim() === "") {
      throw new TypeError(`Cannot write runbook "${title}": ${name} must not be empty`);
    }
  }
  if (steps.length === 0) {
    throw new TypeError(`Cannot write runbook "${title}": it must have at least one step`);
  }
  const written = steps.map(({ action, command, expect }, i) => {
    const block = command === undefined ? "" : `\n\n${indent(fence(command))}\n`;
    return `${i + 1}. ${action}${block}\n   - Expect: ${expect}`;
  });
  return [
    `# ${title}`,
    `**When:** ${when}.`,
    `**Impact:** ${impact}.`,
    "## Steps",
    written.join("\n"),
    "## Undo",
    undo,
    "## If it does not help",
    `Call ${escalate}.`,
    "",
  ].join("\n\n").trimEnd() + "\n";
}

/** A code block whose fence is longer than any run of backticks inside. */
function fence(command: string): string {
  const longest = Math.max(2, ...(command.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}sh\n${command}\n${ticks}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "   ");
}
