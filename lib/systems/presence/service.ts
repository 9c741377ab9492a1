/**
 * Presence as one gateway serves it: writes through to the cache, answers reads, and knows when
 * the cache cannot be trusted.
 *
 * Every statement goes to the source of truth and to the cache; the cache, which sees all devices
 * of a user, says whether it is a change. `check`, called a few times a second, looks at the
 * cache's epoch. When Redis does not answer or its epoch is gone, reads are answered from the
 * source of truth and flagged `stale`, and changes are published from there; when it is back, this
 * gateway writes everything it knows into it, and whatever the cache has not confirmed: a device may
 * leave, or come, while the refill is under way. Since other gateways do the same, the cache counts
 * as complete `settleMs` after its epoch began, and what it then says is published once more.
 *
 * With a log, statements go there instead, and whoever reads it writes the cache and publishes; while
 * the log does not take them, this gateway publishes what it hears and flags its answers. With a
 * durable truth, a user whom the cache does not have is read through: answered, flagged, and stored.
 *
 * Simplified: while the cache is incomplete, a user with devices at two gateways may be shown with
 * the state of one of them. That is what the flag says.
 *
 * @module
 */
import { SingleFlight } from "../../structures/single_flight.ts";
import type { Bus } from "./bus.ts";
import type { StatementLog } from "./change_log.ts";
import type { PresenceEvent } from "./event.ts";
import { type Diff, isNewer, refresh, statementsOf, type User } from "./reducer.ts";
import type { Presence, PresenceStore } from "./store.ts";
import { MemoryTruth, type SourceOfTruth } from "./truth.ts";

/** A user's presence and whether to believe it. */
export interface Answer extends Presence {
  /** The cache was lost or out of reach: this is what is known here. */
  stale: boolean;
}

/** What a service is made of. */
export interface PresenceServiceOptions {
  store: PresenceStore;
  bus: Bus;
  nowMs: () => number;
  truth?: SourceOfTruth;
  /** Takes the statements in place of the store. */
  log?: StatementLog;
  /** How long Redis, or the log, may take before it counts as out of reach; a busy event loop counts too. */
  storeTimeoutMs?: number;
  /** How long gateways may take to refill an empty cache: two heartbeats are enough. */
  settleMs?: number;
}

const TRUTH_SWEEP_MS = 1000;
/** Statements in one round trip of a refill. */
const REFILL_BATCH = 500;

/** Reads and writes presence, with or without the cache. */
export class PresenceService {
  readonly truth: SourceOfTruth;
  /** What happened, for the metrics; `readThrough`: users whom the cache did not have. */
  readonly stats = {
    events: 0,
    ignored: 0,
    reads: 0,
    staleReads: 0,
    readThrough: 0,
    rebuilds: 0,
    storeErrors: 0,
  };
  #store: PresenceStore;
  #log: StatementLog | undefined;
  #bus: Bus;
  #nowMs: () => number;
  #storeTimeoutMs: number;
  #settleMs: number;
  #epoch: string | undefined;
  #announced = false;
  #sweptMs = -Infinity;
  /** The newest statement of each source about each device that the cache has not confirmed. */
  #unwritten = new Map<string, PresenceEvent>();
  #cold = new SingleFlight<User | undefined>();
  #checks = new SingleFlight<void>();

  constructor(options: PresenceServiceOptions) {
    this.#store = options.store;
    this.#log = options.log;
    this.#bus = options.bus;
    this.#nowMs = options.nowMs;
    this.truth = options.truth ?? new MemoryTruth();
    this.#storeTimeoutMs = options.storeTimeoutMs ?? 1000;
    this.#settleMs = options.settleMs ?? 3000;
  }

  /** Whether the cache can be believed: every gateway has had the time to fill it. */
  get complete(): boolean {
    return this.#epoch !== undefined && this.#nowMs() >= Number(this.#epoch) + this.#settleMs;
  }

  /** Takes a statement in and publishes the change that it makes. */
  async record(event: PresenceEvent): Promise<{ ignored: boolean; diff?: Diff }> {
    this.stats.events++;
    const nowMs = this.#nowMs();
    const here = await this.truth.record(event, nowMs);
    const written = await (this.#log ? this.#append(event, here) : this.#write(event, nowMs));
    const result = written ?? { ignored: false, diff: here };
    if (result.ignored) this.stats.ignored++;
    if (result.diff) this.#bus.publish(result.diff);
    return result;
  }

  /** The users' presence, in the order asked for. Never fails because of the cache. */
  async read(userIds: readonly string[]): Promise<Answer[]> {
    const answer = await this.#ask(() =>
      Promise.all([this.#store.read(userIds), this.#store.epoch()])
    );
    const cached = answer?.[0] ?? new Map<string, Presence>();
    const behind = (this.#log?.waitingMs() ?? 0) > this.#storeTimeoutMs;
    const stale = !answer || answer[1] !== this.#epoch || !this.complete || behind;
    const missing = stale ? userIds : userIds.filter((userId) => !cached.has(userId));
    const known = stale || (this.truth.durable && missing.length > 0)
      ? await this.#loadCold(missing)
      : undefined;
    if (known && !stale) await this.#readThrough([...known.values()]);
    this.stats.reads += userIds.length;
    this.stats.staleReads += stale ? userIds.length : known?.size ?? 0;
    return userIds.map((userId) => {
      const user = known?.get(userId);
      const presence = user ? { ...user, freshMs: user.asOfMs } : cached.get(userId);
      const { state = "offline", sinceMs = 0, version = 0, freshMs = 0 } = presence ?? {};
      return { userId, state, sinceMs, version, freshMs, stale: stale || user !== undefined };
    });
  }

  /** Looks after the cache: notices that it was lost, refills it, lets overrides and leases end. */
  check(): Promise<void> {
    return this.#checks.run("", () => this.#check());
  }

  async #check(): Promise<void> {
    const nowMs = this.#nowMs();
    const epoch = await this.#guard(() => this.#store.epoch());
    if (nowMs >= this.#sweptMs + TRUTH_SWEEP_MS) {
      this.#sweptMs = nowMs;
      const ended = await this.truth.sweep(nowMs);
      if (epoch === undefined) { for (const diff of ended) this.#bus.publish(diff); }
    }
    if (epoch === undefined) return;
    if (epoch === null || epoch !== this.#epoch) {
      this.#announced = false;
      const holds = await this.#guard(() => this.#store.begin(String(Math.trunc(nowMs))));
      if (holds === undefined || !await this.#refill(holds)) return;
    }
    const ended = await this.#guard(() => this.#store.sweep(nowMs));
    for (const diff of ended ?? []) this.#bus.publish(diff);
    if (this.complete && !this.#announced) await this.#announce();
  }

  /** Hands a statement to the log; what is known here has to do while the log does not take it. */
  async #append(event: PresenceEvent, here?: Diff): Promise<{ ignored: boolean; diff?: Diff }> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), this.#storeTimeoutMs);
    const safe = this.#log!.append(event).then(() => true, () => false);
    const taken = await Promise.race([safe, late.promise]);
    clearTimeout(timer);
    return { ignored: false, diff: taken ? undefined : here };
  }

  /** Stores users whom the cache did not have. */
  async #readThrough(users: readonly User[]): Promise<void> {
    this.stats.readThrough += users.length;
    const nowMs = this.#nowMs();
    const events = users.flatMap((user) => statementsOf(user, "refill"));
    await this.#ask(() => Promise.all(events.map((event) => this.#store.apply(event, nowMs))));
  }

  /** Writes a statement into the cache; undefined, and kept for the refill, when it cannot. */
  async #write(event: PresenceEvent, nowMs: number) {
    const key = JSON.stringify([event.userId, event.deviceId, event.source]);
    if (isNewer(event, this.#unwritten.get(key))) this.#unwritten.set(key, event);
    const written = await this.#ask(() => this.#store.apply(event, nowMs));
    if (written && this.#unwritten.get(key) === event) this.#unwritten.delete(key);
    return written;
  }

  /** Writes everything known here into the cache, and only then believes in the epoch. */
  async #refill(epoch: string): Promise<boolean> {
    this.stats.rebuilds++;
    const write = (events: PresenceEvent[]) =>
      this.#guard(() =>
        Promise.all(events.map((event) => this.#store.apply(event, this.#nowMs())))
      );
    const batch: PresenceEvent[] = [];
    for await (const user of this.truth.users()) {
      batch.push(...statementsOf(user, "refill"));
      if (batch.length >= REFILL_BATCH && !await write(batch.splice(0))) return false;
    }
    if (!await write(batch)) return false;
    // The truth forgets who went offline, and is behind while statements come: these are the rest.
    while (this.#unwritten.size > 0) {
      const rest = [...this.#unwritten].slice(0, REFILL_BATCH);
      if (!await write(rest.map(([, event]) => event))) return false;
      for (const [key, event] of rest) {
        if (this.#unwritten.get(key) === event) this.#unwritten.delete(key);
      }
    }
    this.#epoch = epoch; // with no wait since the last look: a statement from now on is written
    return true;
  }

  /** Publishes what the complete cache says of everyone known here. */
  async #announce(): Promise<void> {
    const known: string[] = [];
    for await (const { userId } of this.truth.users()) known.push(userId);
    for (let i = 0; i < known.length; i += 500) {
      const found = await this.#guard(() => this.#store.read(known.slice(i, i + 500)));
      if (!found) return;
      for (const { freshMs, ...presence } of found.values()) {
        this.#bus.publish({ ...presence, source: "inferred", atMs: freshMs });
      }
    }
    this.#announced = true;
  }

  /** Cold reads of one user are coalesced, those of one call loaded together. */
  async #loadCold(userIds: readonly string[]): Promise<Map<string, User>> {
    const wanted: string[] = [];
    const batch = Promise.resolve()
      .then(() => wanted.length > 0 ? this.truth.load(wanted) : new Map<string, User>());
    const users = await Promise.all(userIds.map((userId) =>
      this.#cold.run(userId, async () => {
        wanted.push(userId);
        const user = (await batch).get(userId);
        return user && refresh(user, this.#nowMs()).user;
      })
    ));
    return new Map(users.flatMap((user) => user ? [[user.userId, user]] : []));
  }

  /** As {@link #guard}, and nothing at all while the cache is known to be out of reach. */
  #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    return this.#epoch === undefined ? Promise.resolve(undefined) : this.#guard(question);
  }

  /** The cache's answer, or undefined when it fails or takes too long. */
  async #guard<T>(question: () => Promise<T>): Promise<T | undefined> {
    const timeout = Promise.withResolvers<undefined>();
    // In two halves: after a pause of this process, an answer that waits in the socket is read between.
    const half = this.#storeTimeoutMs / 2;
    let timer = setTimeout(() => {
      timer = setTimeout(() => timeout.reject(new Error("timeout")), half);
    }, half);
    try {
      const answer = question();
      answer.catch(() => {}); // it may fail after the time is up
      return await Promise.race([answer, timeout.promise]);
    } catch {
      this.stats.storeErrors++;
      this.#epoch = undefined;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
