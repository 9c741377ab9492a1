/**
 * A chaos drill: break something on purpose, and see whether the system does what was predicted.
 *
 * A drill begins only when the steady state holds, and it has a hypothesis that a check can refute.
 * While its steps run, a guard is asked again and again; when it objects, the drill is aborted.
 * Whatever happens, the restore step runs, even for a fault that failed half-way. The report says
 * what was done, when, and what was found.
 *
 * @example
 * ```ts
 * import { runDrill } from "lib/operate/chaos.ts";
 * import { assertEquals } from "@std/assert";
 *
 * let replicas = 3;
 * const report = await runDrill({
 *   name: "Lose a replica",
 *   hypothesis: "two of three replicas still answer",
 *   steady: () => replicas === 3 || `only ${replicas} replicas`,
 *   steps: [{ name: "stop one", run: () => { replicas--; } }],
 *   checks: [{ name: "a quorum is left", check: () => replicas >= 2 }],
 *   restore: () => { replicas = 3; },
 * }, { nowMs: () => 0 });
 * assertEquals(report.verdict, "passed");
 * ```
 *
 * Source: Basiri et al., "Chaos Engineering", IEEE Software 2016; principlesofchaos.org.
 *
 * @module
 */

/** True, or what is wrong. */
export type Finding = boolean | string;
type Maybe<T> = T | Promise<T>;

/** What to break, and what must hold. */
export interface Drill {
  name: string;
  /** What is predicted, as a sentence that can turn out false. */
  hypothesis: string;
  /** Whether the system is well before anything is done to it. */
  steady: () => Maybe<Finding>;
  /** Faults; a long one stops when its signal says so. */
  steps: readonly { name: string; run: (signal: AbortSignal) => Maybe<unknown> }[];
  /** Asked while steps run: false, or what is wrong, aborts the drill. */
  guard?: () => Maybe<Finding>;
  /** The hypothesis, taken apart; asked after the last step. */
  checks: readonly { name: string; check: () => Maybe<Finding> }[];
  /** Ends every fault; runs whatever happened. */
  restore: () => Maybe<unknown>;
}

/** Time, and how often the guard is asked. */
export interface DrillOptions {
  nowMs: () => number;
  guardEveryMs?: number;
}

/** What was done and found. */
export interface DrillReport {
  name: string;
  hypothesis: string;
  /** `not started` when the steady state did not hold; `aborted` by the guard or a failing step. */
  verdict: "passed" | "failed" | "aborted" | "not started";
  log: { atMs: number; what: string; finding: string }[];
}

class Abort extends Error {}

/** Runs a drill to its end. Never throws for what the drill does: that is in the report. */
export async function runDrill(drill: Drill, options: DrillOptions): Promise<DrillReport> {
  const { nowMs, guardEveryMs = 100 } = options;
  const startMs = nowMs();
  const { name, hypothesis } = drill;
  const report: DrillReport = { name, hypothesis, verdict: "aborted", log: [] };
  const note = (what: string, finding: string) =>
    report.log.push({ atMs: nowMs() - startMs, what, finding });

  const steady = await ask(drill.steady);
  note("steady state", steady ?? "holds");
  if (steady !== undefined) return { ...report, verdict: "not started" };
  try {
    for (const step of drill.steps) {
      await guarded(step.run, drill.guard, guardEveryMs);
      note(step.name, "done");
    }
    report.verdict = "passed";
    for (const { name, check } of drill.checks) {
      const wrong = await ask(check);
      note(name, wrong ?? "holds");
      if (wrong !== undefined) report.verdict = "failed";
    }
  } catch (error) {
    note(error instanceof Abort ? "guard" : "step failed", messageOf(error));
  }
  try {
    await drill.restore();
    note("restore", "done");
  } catch (error) {
    note("restore", messageOf(error));
    report.verdict = "failed";
  }
  return report;
}

/** The report in Markdown. */
export function drillMarkdown({ name, hypothesis, verdict, log }: DrillReport): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [
    `# Drill: ${name}`,
    `**Hypothesis:** ${hypothesis}. **Verdict: ${verdict}.**`,
    [
      "| s | step or check | finding |",
      "| --- | --- | --- |",
      ...log.map(({ atMs, what, finding }) =>
        `| ${(atMs / 1000).toFixed(1)} | ${cell(what)} | ${cell(finding)} |`
      ),
    ].join("\n"),
    "",
  ].join("\n\n").trimEnd() + "\n";
}

/** Undefined when all is well, else what is wrong. */
async function ask(question: () => Maybe<Finding>): Promise<string | undefined> {
  try {
    const finding = await question();
    if (finding === true) return undefined;
    return finding === false ? "does not hold" : finding;
  } catch (error) {
    return messageOf(error);
  }
}

/** Runs a step; throws as soon as the guard objects, and tells the step by its signal. */
async function guarded(
  run: (signal: AbortSignal) => Maybe<unknown>,
  guard: Drill["guard"],
  everyMs: number,
): Promise<void> {
  const abort = new AbortController();
  const step = Promise.try(run, abort.signal);
  if (!guard) return void await step;
  const ended = step.then(() => true, () => true);
  for (let over = false; !over;) {
    const wrong = await ask(guard);
    if (wrong !== undefined) {
      abort.abort();
      throw new Abort(wrong);
    }
    const pause = Promise.withResolvers<false>();
    const timer = setTimeout(() => pause.resolve(false), everyMs);
    over = await Promise.race([ended, pause.promise]);
    clearTimeout(timer);
  }
  await step;
  const wrong = await ask(guard);
  if (wrong !== undefined) throw new Abort(wrong);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
