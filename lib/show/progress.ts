/**
 * Shows how far a long cell has got, in one output that is rewritten in place.
 *
 * It is rewritten about every twentieth of the way, by count and not by the clock, and ends as a plain
 * line, so that what stays in the notebook is the same after every run.
 *
 * @example
 * ```ts
 * import { progress } from "./progress.ts";
 *
 * const bar = await progress("devices simulated", 2000);
 * for (let device = 0; device < 2000; device++) await bar.advance();
 * await bar.done();
 * ```
 *
 * @module
 */
import { throwRecordedRejections } from "./rejections.ts";
import { broadcast, flush } from "./sink.ts";

/** A running progress display. */
export interface Progress {
  /** Counts work as done, one piece when absent. */
  advance(count?: number): Promise<void>;
  /** Ends the display; await it before the cell ends. */
  done(): Promise<void>;
}

/** As often is a display rewritten from start to end. */
const STEPS = 20;

let shown = 0;

/**
 * Starts a display of `total` pieces of work.
 *
 * @throws {RangeError} when the total is not a positive whole number.
 */
export async function progress(label: string, total: number): Promise<Progress> {
  if (!Number.isInteger(total) || total < 1) {
    throw new RangeError(
      `Cannot show progress: total must be a positive whole number: received ${total}`,
    );
  }
  throwRecordedRejections();
  const id = `progress-${++shown}`;
  const send = (type: string, text: string) =>
    broadcast(type, {
      data: { "text/plain": text },
      metadata: {},
      transient: { display_id: id },
    });
  const count = (pieces: number) => pieces.toLocaleString("en");
  let at = 0;
  let step = 0;
  await send("display_data", barText(label, 0, total));
  return {
    async advance(pieces = 1) {
      at = Math.min(total, at + pieces);
      const reached = Math.floor(STEPS * at / total);
      if (reached === step || reached === STEPS) return;
      step = reached;
      await send("update_display_data", barText(label, at, total));
    },
    async done() {
      const whole = at === total ? count(total) : `${count(at)} of ${count(total)}`;
      await send("update_display_data", `${label}: ${whole}`);
      await flush();
    },
  };
}

function barText(label: string, at: number, total: number): string {
  const filled = Math.floor(STEPS * at / total);
  const bar = "█".repeat(filled) + "░".repeat(STEPS - filled);
  return `${label} ${bar} ${Math.floor(100 * at / total)} %`;
}
