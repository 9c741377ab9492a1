/**
 * The wire format of changes: lines of text, about 30 bytes for a change that travels alone.
 *
 * The first line is the cursor after the frame, empty when more is to come; each further line is a
 * user: the state's letter, since when (ms, in base 36) and the id. Fan-out is what presence costs,
 * so bytes count; yet a frame can be read in the browser's network tab.
 *
 * ```text
 * k3.2n9c
 * o muuopa5c alice
 * ```
 *
 * @example
 * ```ts
 * import { decodeFrame, encodeFrame, encodeRow } from "lib/systems/presence/frame.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const row = encodeRow({ userId: "alice", state: "away", sinceMs: 1_700_000_000_000 });
 * const frame = encodeFrame("k3.1", [row]);
 * assertEquals(frame, "k3.1\na loyw3v28 alice");
 * assertEquals(decodeFrame(frame).changes[0].state, "away");
 * ```
 *
 * @module
 */
import { CODE_OF, type State, STATE_OF } from "./event.ts";

/** A user's state as watchers are told it. */
export interface Change {
  userId: string;
  state: State;
  sinceMs: number;
}

/** One line of a frame. */
export function encodeRow({ userId, state, sinceMs }: Change): string {
  return `${CODE_OF[state]} ${sinceMs.toString(36)} ${userId}`;
}

/** A frame; an empty cursor says that more is to come. */
export function encodeFrame(cursor: string, rows: readonly string[]): string {
  return `${cursor}\n${rows.join("\n")}`;
}

/** What a frame says. */
export function decodeFrame(frame: string): { cursor: string; changes: Change[] } {
  const [cursor, ...rows] = frame.split("\n");
  const changes = rows.map((row) => {
    const space = row.indexOf(" ", 2);
    const sinceMs = Number.parseInt(row.slice(2, space), 36);
    return { userId: row.slice(space + 1), state: STATE_OF[row[0]], sinceMs };
  });
  return { cursor, changes };
}
