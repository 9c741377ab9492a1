/**
 * The devices connected to one gateway: takes their beats, and finds those whose beats stopped.
 *
 * A beat touches the device's detector and moves its deadline in a timing wheel, no more; a sweep
 * looks only at devices whose deadline came due. What comes out are statements for the rest of the
 * system: online when a device connects, offline when it leaves or falls silent, online again when
 * a beat proves the detector wrong, and now and then a renewal of the lease, which ends by itself
 * should the gateway die with its devices.
 *
 * A lost connection says nothing: the device has the detector's time to come back, here or at
 * another gateway, where its new session outdates whatever this one still says.
 *
 * @module
 */
import { TimingWheel } from "../../structures/timing_wheel.ts";
import type { Detector } from "./detectors.ts";
import type { PresenceEvent } from "./event.ts";

/** One connection of a device. */
export interface Session {
  readonly id: number;
  readonly userId: string;
  readonly deviceId: string;
  readonly sessionId: number;
  readonly detector: Detector;
  seq: number;
  online: boolean;
  /** Whether the connection stands. */
  connected: boolean;
  lastBeatMs: number;
  renewAtMs: number;
}

/** What a gateway can hold and how it judges. */
export interface SessionsOptions {
  capacity: number;
  sweepMs: number;
  detector: () => Detector;
  /** How long a statement "online" holds without renewal. */
  leaseMs?: number;
}

const WHEEL_TICKS = 1024;

/** Devices by session; times in ms, of one clock that only the caller reads. */
export class Sessions {
  /** What happened, for the metrics. */
  readonly stats = { beats: 0, offline: 0, falseOffline: 0, visited: 0 };
  #options: Required<SessionsOptions>;
  #wheel: TimingWheel;
  #byId: (Session | undefined)[] = [];
  #free: number[] = [];
  #byDevice = new Map<string, Session>();
  #startMs: number;

  constructor(options: SessionsOptions, nowMs: number) {
    this.#options = { leaseMs: 600_000, ...options };
    this.#wheel = new TimingWheel(options.capacity, { slots: WHEEL_TICKS });
    this.#startMs = nowMs;
  }

  /** Devices that it holds. */
  get size(): number {
    return this.#byDevice.size;
  }

  /** Devices that it can hold. */
  get capacity(): number {
    return this.#options.capacity;
  }

  /**
   * A device connects; its older session here is replaced. Undefined when the gateway is full, or
   * the session is not newer than the one that is connected.
   */
  connect(
    device: Pick<PresenceEvent, "userId" | "deviceId" | "sessionId">,
    nowMs: number,
  ): { session: Session; event: PresenceEvent; replaced?: Session } | undefined {
    const { userId, deviceId, sessionId } = device;
    const replaced = this.#byDevice.get(keyOf(device));
    if (replaced && replaced.sessionId >= sessionId) return undefined;
    if (!replaced && this.size >= this.#options.capacity) return undefined;
    if (replaced) this.#forget(replaced);
    const id = this.#free.pop() ?? this.#byId.length;
    const detector = this.#options.detector();
    const session: Session = {
      id,
      userId,
      deviceId,
      sessionId,
      detector,
      seq: 0,
      online: false,
      connected: true,
      lastBeatMs: nowMs,
      renewAtMs: 0,
    };
    this.#byId[id] = session;
    this.#byDevice.set(keyOf(device), session);
    const event = this.beat(session, nowMs)!;
    return { session, event, replaced };
  }

  /** A beat came. Returns a statement when there is something to tell: online again, or renewal. */
  beat(session: Session, nowMs: number): PresenceEvent | undefined {
    this.stats.beats++;
    session.lastBeatMs = nowMs;
    session.detector.beat(nowMs);
    this.#wheel.schedule(session.id, this.#tickAfter(session.detector.offlineAtMs()));
    if (session.online && nowMs < session.renewAtMs) return undefined;
    if (!session.online && session.seq > 0) this.stats.falseOffline++;
    session.online = true;
    session.renewAtMs = nowMs + this.#options.leaseMs / 2;
    const expiresMs = nowMs + this.#options.leaseMs;
    return { ...this.#say(session, "online", nowMs), expiresMs };
  }

  /** The device said goodbye. */
  leave(session: Session, nowMs: number): PresenceEvent {
    this.#forget(session);
    return this.#say(session, "offline", nowMs);
  }

  /** The connection broke; the detector decides. */
  disconnect(session: Session): void {
    session.connected = false;
    if (!session.online) this.#forget(session);
  }

  /** Statements about devices that fell silent for longer than their detector allows. */
  sweep(nowMs: number): PresenceEvent[] {
    const silent: PresenceEvent[] = [];
    const tick = Math.floor((nowMs - this.#startMs) / this.#options.sweepMs);
    this.stats.visited += this.#wheel.advance(tick, (id) => {
      const session = this.#byId[id]!;
      if (!session.detector.isOffline(nowMs)) {
        this.#wheel.schedule(id, this.#tickAfter(session.detector.offlineAtMs()));
        return;
      }
      session.online = false;
      this.stats.offline++;
      silent.push(this.#say(session, "offline", session.lastBeatMs));
      if (!session.connected) this.#forget(session);
    });
    return silent;
  }

  /** All sessions of devices that are connected. */
  *connected(): Generator<Session> {
    for (const session of this.#byDevice.values()) if (session.connected) yield session;
  }

  /** The first tick after a time; nearer when the wheel does not reach that far. */
  #tickAfter(ms: number): number {
    const { now, slots } = this.#wheel;
    const tick = Math.floor((ms - this.#startMs) / this.#options.sweepMs) + 1;
    return Math.min(Math.max(tick, now + 1), now + slots - 1);
  }

  #say(session: Session, state: "online" | "offline", atMs: number): PresenceEvent {
    const { userId, deviceId, sessionId } = session;
    const seq = session.seq++;
    const traceId = `${deviceId}-${sessionId}-${seq}`;
    return {
      userId,
      deviceId,
      sessionId,
      seq,
      state,
      source: "inferred",
      atMs: Math.trunc(atMs),
      traceId,
    };
  }

  #forget(session: Session): void {
    if (this.#byId[session.id] !== session) return;
    this.#wheel.cancel(session.id);
    this.#byId[session.id] = undefined;
    this.#free.push(session.id);
    this.#byDevice.delete(keyOf(session));
  }
}

function keyOf({ userId, deviceId }: { userId: string; deviceId: string }): string {
  return JSON.stringify([userId, deviceId]);
}
