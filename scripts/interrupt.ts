/**
 * Ctrl-C, and the other polite ways to be told to stop, as an `AbortSignal`.
 *
 * @module
 */

/** Exit status after Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;

const SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Runs a task with a signal that aborts on Ctrl-C, so that the task can end its children first. */
export async function withInterrupt<Result>(
  task: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const abort = () => controller.abort(new Error("interrupted"));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, abort);
  try {
    return await task(controller.signal);
  } finally {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, abort);
  }
}
