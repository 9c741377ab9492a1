/**
 * A user's past: the changes of state that a set of statements amounts to.
 *
 * Statements are put in order of time and go through the reducer one after the other; overrides and
 * leases that end in between make changes of their own. Only statements are stored, so the rules of
 * the reducer can be mended afterwards and history follows.
 *
 * @example
 * ```ts
 * import { transitions } from "lib/systems/presence/history.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const says = {
 *   userId: "alice", deviceId: "phone", sessionId: 1, seq: 1, state: "online",
 *   source: "inferred", atMs: 1000, expiresMs: 4000, traceId: "t1",
 * } as const;
 * assertEquals(transitions([says], 9000).map(({ sinceMs, state }) => [sinceMs, state]), [
 *   [1000, "online"],
 *   [4000, "offline"],
 * ]);
 * ```
 *
 * @module
 */
import type { PresenceEvent } from "./event.ts";
import { type Diff, newUser, nextExpiryMs, reduce, refresh } from "./reducer.ts";

/** A change of state and what made it. */
export type Transition = Pick<Diff, "state" | "sinceMs" | "source">;

/** The changes of one user's state until a time, oldest first. */
export function transitions(statements: readonly PresenceEvent[], untilMs: number): Transition[] {
  const past: Transition[] = [];
  if (statements.length === 0) return past;
  let user = newUser(statements[0].userId);
  const note = (diff?: Diff) => {
    if (diff) past.push({ state: diff.state, sinceMs: diff.sinceMs, source: diff.source });
  };
  const expire = (nowMs: number) => {
    for (let endMs = nextExpiryMs(user); endMs <= nowMs; endMs = nextExpiryMs(user)) {
      const ended = refresh(user, endMs);
      user = ended.user;
      note(ended.diff);
    }
  };
  const inOrder = statements.filter(({ atMs }) => atMs <= untilMs)
    .toSorted((a, b) => a.atMs - b.atMs || a.sessionId - b.sessionId || a.seq - b.seq);
  for (const event of inOrder) {
    expire(event.atMs - 1);
    const said = reduce(user, event);
    user = said.user;
    note(said.diff);
  }
  expire(untilMs);
  return past;
}

/** The state at a time, by the changes until then. */
export function stateAt(past: readonly Transition[], atMs: number): Transition["state"] {
  return past.findLast(({ sinceMs }) => sinceMs <= atMs)?.state ?? "offline";
}
