/**
 * Feedback as it comes from outside, believed only where it makes sense.
 *
 * One bad event can spoil a counter for good: a time in the future makes every later event a late one, and a user id that
 * is no number makes a counter that nobody reads. So each field is checked before the event goes into the log, where it
 * would come back with every replay.
 *
 * Simplified: who sends an event need not prove to be its viewer.
 *
 * @example
 * ```ts
 * import { parseFeedback } from "lib/systems/affinity/parse_feedback.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const event = { eventId: "e1", viewerId: 7, entityId: 9, action: "click", weight: 1, atMs: 1000 };
 * assertEquals(parseFeedback(event, { nowMs: 1000 }), event);
 * assertThrows(() => parseFeedback({ ...event, atMs: 1e9 }, { nowMs: 1000 }), RangeError);
 * ```
 *
 * @module
 */
import type { Feedback } from "./feedback.ts";

/** Clocks of clients are ahead by at most this. */
const AHEAD_MS = 60_000;

/** The event, or a RangeError that says which field is wrong. */
export function parseFeedback(value: unknown, { nowMs = Infinity } = {}): Feedback {
  const event = Object(value) as Record<keyof Feedback, unknown>;
  const isId = (id: unknown) => Number.isSafeInteger(id) && Number(id) >= 0;
  const { eventId, viewerId, entityId, action, weight, atMs, context } = event;
  const rules: [keyof Feedback, boolean, string][] = [
    ["eventId", typeof eventId === "string" && /^\S{1,100}$/.test(eventId), "1 to 100 letters"],
    ["viewerId", isId(viewerId), "an integer of at least 0"],
    ["entityId", isId(entityId), "an integer of at least 0"],
    ["action", ["click", "follow", "hide"].includes(action as string), "click, follow or hide"],
    ["weight", typeof weight === "number" && !Number.isNaN(weight), "a number"],
    ["atMs", isId(atMs) && Number(atMs) <= nowMs + AHEAD_MS, "a time that has come"],
    ["context", context === undefined || typeof context === "string", "text"],
  ];
  for (const [name, isGood, rule] of rules) {
    if (isGood) continue;
    const received = JSON.stringify(event[name]);
    throw new RangeError(`Cannot take feedback: ${name} must be ${rule}: received ${received}`);
  }
  return {
    ...{ eventId, viewerId, entityId, action, weight, atMs } as Feedback,
    ...(context === undefined ? {} : { context: context as string }),
  };
}
