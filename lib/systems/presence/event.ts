/**
 * What a device, an app or the gateway says about a user's presence, and the check of such claims.
 *
 * Three sources speak for a device: the user (`manual`), the application (`app`: in the background,
 * in a call) and the gateway, which sees heartbeats come or stay away (`inferred`). Each statement
 * is stamped with (sessionId, seq). `parseEvent` is the door: what passes it is well formed.
 *
 * @example
 * ```ts
 * import { parseEvent } from "lib/systems/presence/event.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const event = {
 *   userId: "alice", deviceId: "phone", sessionId: 1, seq: 0, state: "asleep",
 *   source: "manual", atMs: 1000, traceId: "t1",
 * };
 * assertThrows(() => parseEvent(event, 1000), TypeError, "state must be one of");
 * ```
 *
 * @module
 */

/** What watchers see of a user. */
export type State = "online" | "away" | "dnd" | "offline";

/** Who says so; the first outranks the others. */
export type Source = "manual" | "app" | "inferred";

/** All states, in the order in which one device's claim outweighs another's. */
export const STATES: readonly State[] = ["dnd", "online", "away", "offline"];

/** All sources, in order of precedence. */
export const SOURCES: readonly Source[] = ["manual", "app", "inferred"];

/** A letter for each state, where bytes count: in Redis and on the wire. */
export const CODE_OF = { online: "o", away: "a", dnd: "d", offline: "f", none: "n" } as const;

/** The state of each letter. */
export const STATE_OF: Readonly<Record<string, State>> = Object.fromEntries(
  STATES.map((state) => [CODE_OF[state], state]),
);

/** One statement about one device of a user; times in ms since the epoch. */
export interface PresenceEvent {
  userId: string;
  deviceId: string;
  /** Grows with every connection of the device, for example the time at which it connected. */
  sessionId: number;
  /** Grows within (session, source). */
  seq: number;
  /** `none` withdraws what this source said about the device: a manual override is revoked. */
  state: State | "none";
  source: Source;
  /** When it became true, by the clock of whoever says so. */
  atMs: number;
  /** When it stops being true by itself: the end of an override, or of a gateway's lease. */
  expiresMs?: number;
  traceId: string;
}

/** Thrown by {@link parseEvent}; the gateway answers it with status 400. */
export class InvalidEventError extends TypeError {
  override name = "InvalidEventError";
}

/** Most characters in an id. */
export const MAX_ID_LENGTH = 128;

/** The event in a value that came from outside. Throws {@link InvalidEventError}. */
export function parseEvent(value: unknown, nowMs: number): PresenceEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidEventError(
      `Cannot accept presence event: it must be an object: received ${JSON.stringify(value)}`,
    );
  }
  const event = value as Record<string, unknown>;
  const check = (name: string, rule: string, holds: boolean) => {
    if (holds) return;
    const received = JSON.stringify(event[name])?.slice(0, 80);
    throw new InvalidEventError(
      `Cannot accept presence event: ${name} must be ${rule}: received ${received}`,
    );
  };
  for (const name of ["userId", "deviceId", "traceId"]) {
    check(name, `1 to ${MAX_ID_LENGTH} characters, no comma or control`, isId(event[name]));
  }
  for (const name of ["sessionId", "seq", "atMs"]) {
    check(name, "an integer of at least 0", isCount(event[name]));
  }
  check("source", `one of ${SOURCES.join(", ")}`, SOURCES.includes(event.source as Source));
  const states = [...STATES, "none"];
  check("state", `one of ${states.join(", ")}`, states.includes(event.state as string));
  if (event.expiresMs !== undefined) {
    const later = isCount(event.expiresMs) && event.expiresMs > nowMs;
    check("expiresMs", `a time after now (${nowMs})`, later);
  }
  const { userId, deviceId, sessionId, seq, state, source, atMs, expiresMs, traceId } =
    event as unknown as PresenceEvent;
  const parsed = { userId, deviceId, sessionId, seq, state, source, atMs, traceId };
  return expiresMs === undefined ? parsed : { ...parsed, expiresMs };
}

/** Whether a value can name a user, a device or a trace. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_ID_LENGTH && /^[^,\p{Cc}]+$/u.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
