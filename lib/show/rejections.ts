/**
 * Remembers promises that failed with nobody waiting for them, which a Deno kernel drops in silence.
 *
 * The listener is installed once, when this module is first imported, and in a kernel only: elsewhere
 * Deno itself ends the program. The next output then throws, so the reader learns of it in the cell
 * after at the latest.
 *
 * @module
 */
import { isKernel } from "./sink.ts";

const recorded: unknown[] = [];

/** Keeps the reason of a promise that nobody awaited. */
export function recordRejection(reason: unknown): void {
  recorded.push(reason);
}

/**
 * Throws when a promise failed unnoticed since the last call.
 *
 * @throws {Error} names the first failure, which is its `cause`, and counts the others.
 */
export function throwRecordedRejections(): void {
  if (recorded.length === 0) return;
  const [first, ...others] = recorded.splice(0);
  const name = first instanceof Error ? `${first.name}: ${first.message}` : String(first);
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  throw new Error(
    `Cannot show outputs: every promise must be awaited: received an unhandled rejection, ${name}${more}`,
    { cause: first },
  );
}

if (isKernel()) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    recordRejection(event.reason);
  });
}
