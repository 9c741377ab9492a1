/**
 * From events to a user's presence: a pure function, so that every history replays.
 *
 * A user has devices, and a device keeps the newest statement of each source. A statement whose
 * (sessionId, seq) is not newer than the one stored is ignored, so duplicates and late arrivals
 * change nothing, and any interleaving of sessions that keeps each one's order ends the same.
 *
 * - A device: what the user set by hand, while it lasts; else offline when its heartbeats stopped;
 *   else what the app says; else what the heartbeats say. A new session voids what the app and the
 *   heartbeats said in an older one, but not what the user set.
 * - A user: the newest override that lasts; else the weightiest of the devices' states, in the
 *   order do not disturb, online, away, offline.
 *
 * Simplified: "newest override" compares the clocks of two devices, which is last write wins with
 * its known flaw; `simulate/overrides.ts` measures it against vector clocks.
 *
 * @example
 * ```ts
 * import { newUser, reduce } from "lib/systems/presence/reducer.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const says = {
 *   userId: "alice", deviceId: "phone", sessionId: 1, seq: 1, state: "online",
 *   source: "inferred", atMs: 1000, traceId: "t1",
 * } as const;
 * const first = reduce(newUser("alice"), says);
 * assertEquals(first.diff?.state, "online");
 * assertEquals(reduce(first.user, says).ignored, true);
 * ```
 *
 * @module
 */
import { type PresenceEvent, type Source, SOURCES, type State, STATES } from "./event.ts";

/** What one source last said about a device. */
export type Statement = Pick<PresenceEvent, "sessionId" | "seq" | "state" | "atMs" | "expiresMs">;

/** The newest statement of each source. */
export type Device = { readonly [S in Source]?: Statement };

/** Everything known about a user. */
export interface User {
  readonly userId: string;
  readonly devices: Readonly<Record<string, Device>>;
  readonly state: State;
  /** When the state was reached. */
  readonly sinceMs: number;
  /** Grows with every change of the state: the ms of the change, made unique. */
  readonly version: number;
  /** The time for which the state holds: the latest that was ever handed in. */
  readonly asOfMs: number;
}

/** A change of a user's state, and what caused it. */
export interface Diff {
  userId: string;
  state: State;
  sinceMs: number;
  version: number;
  source: Source;
  /** When the cause became true: `sinceMs` minus this is how late the change is. */
  atMs: number;
}

/** A user of whom nothing is known. */
export function newUser(userId: string): User {
  return { userId, devices: {}, state: "offline", sinceMs: 0, version: 0, asOfMs: 0 };
}

/** The user after an event that is handled at `nowMs`; `diff` when the state changed. */
export function reduce(
  user: User,
  event: PresenceEvent,
  nowMs = event.atMs,
): { user: User; diff?: Diff; ignored: boolean } {
  const { deviceId, source, sessionId, seq, state, atMs, expiresMs } = event;
  const device = user.devices[deviceId] ?? {};
  if (!isNewer(event, device[source])) return { user, ignored: true };
  const statement: Statement = { sessionId, seq, state, atMs };
  if (expiresMs !== undefined) statement.expiresMs = expiresMs;
  const devices = { ...user.devices, [deviceId]: { ...device, [source]: statement } };
  return { ...settle({ ...user, devices }, nowMs, event), ignored: false };
}

/** The user at a later time: overrides and leases may have ended; `diff` when the state changed. */
export function refresh(user: User, nowMs: number): { user: User; diff?: Diff } {
  return settle(user, nowMs, { source: "inferred", atMs: nowMs });
}

/** What makes up a user, as events: reduced, in any order, they are this user again. */
export function statementsOf({ userId, devices }: User, traceId: string): PresenceEvent[] {
  return Object.entries(devices).flatMap(([deviceId, device]) =>
    SOURCES.flatMap((source) => {
      const statement = device[source];
      return statement ? { userId, deviceId, source, traceId, ...statement } : [];
    })
  );
}

/** When the state may change although nothing happens; `Infinity` when never. */
export function nextExpiryMs(user: User): number {
  const ends = Object.values(user.devices)
    .flatMap((device) => Object.values(device))
    .map(({ expiresMs }) => expiresMs ?? Infinity);
  return Math.min(Infinity, ...ends.filter((ms) => ms > user.asOfMs));
}

/** Whether a stamp is newer than a stored one. */
export function isNewer(
  stamp: Pick<Statement, "sessionId" | "seq">,
  stored?: Pick<Statement, "sessionId" | "seq">,
): boolean {
  if (!stored) return true;
  return stamp.sessionId > stored.sessionId ||
    (stamp.sessionId === stored.sessionId && stamp.seq > stored.seq);
}

function settle(
  user: User,
  nowMs: number,
  cause: Pick<Diff, "source" | "atMs">,
): { user: User; diff?: Diff } {
  const asOfMs = Math.max(user.asOfMs, nowMs);
  const state = stateAt(user.devices, asOfMs);
  if (state === user.state) return { user: { ...user, asOfMs } };
  const version = Math.max(user.version + 1, asOfMs);
  const { userId } = user;
  const { source, atMs } = cause;
  return {
    user: { ...user, state, sinceMs: asOfMs, version, asOfMs },
    diff: { userId, state, sinceMs: asOfMs, version, source, atMs },
  };
}

function stateAt(devices: User["devices"], nowMs: number): State {
  const all = Object.values(devices);
  const overrides = all.map((device) => device.manual).filter((s) => lasts(s, nowMs));
  if (overrides.length > 0) {
    const newestMs = Math.max(...overrides.map((s) => s.atMs));
    return weightiest(overrides.filter((s) => s.atMs === newestMs).map((s) => s.state));
  }
  return weightiest(all.map((device) => deviceState(device, nowMs)));
}

/** A device's state without its override. */
function deviceState({ app, inferred }: Device, nowMs: number): State {
  const session = Math.max(app?.sessionId ?? 0, inferred?.sessionId ?? 0);
  const current = (s?: Statement) => s?.sessionId === session && lasts(s, nowMs) ? s : undefined;
  const beats = current(inferred)?.state ?? "offline";
  return beats === "offline" ? beats : current(app)?.state ?? beats;
}

type Claim = Statement & { state: State };

function lasts(s: Statement | undefined, nowMs: number): s is Claim {
  return s !== undefined && s.state !== "none" && (s.expiresMs ?? Infinity) > nowMs;
}

function weightiest(states: State[]): State {
  return STATES.find((state) => states.includes(state)) ?? "offline";
}
