/**
 * Sends finished outputs to the reader without losing one.
 *
 * The kernel reports a cell as done before its outputs have left, and stamps late ones with the next
 * cell. One awaited message an output, then a pause of a few milliseconds, keeps every output on the
 * cell that made it. So everything in this room ends here, and cells await it last.
 *
 * @module
 */
import { throwRecordedRejections } from "./rejections.ts";
import { broadcast, flush } from "./sink.ts";

/** One output: the same thing in several media types, `text/plain` always among them. */
export interface Bundle {
  data: Record<string, unknown> & { "text/plain": string };
  metadata?: Record<string, unknown>;
}

/** The media type under which facts for our tools ride beside their human form. */
export const FACTS = "application/vnd.workshop+json";

/**
 * Shows bundles in order, then waits until they are on their cell.
 *
 * @throws {Error} when a promise failed unnoticed since the last output.
 */
export async function emit(...bundles: Bundle[]): Promise<void> {
  throwRecordedRejections();
  for (const { data, metadata = {} } of bundles) {
    await broadcast("display_data", { data, metadata, transient: {} });
  }
  await flush();
}
