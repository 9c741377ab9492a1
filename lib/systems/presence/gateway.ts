/**
 * A presence gateway: devices beat on its WebSockets, watchers listen on them, others ask over HTTP.
 *
 * - `GET /presence?user_ids=a,b`: state, since when, freshness and whether it is stale; 1,000 ids
 *   at most.
 * - `POST /presence/override`: a {@link PresenceEvent} of source manual, as JSON.
 * - `WS /presence/stream`: with `user_id`, `device_id` and `session_id` it is a device, which sends
 *   `b` for every beat, `bye` before it leaves and `{"state":"away","seq":1}` for what its app
 *   says. Any stream may send `{"subscribe":[ids],"cursor":"k1.5"}` and `{"unsubscribe":[ids]}`, and
 *   receives frames (`frame.ts`), or `{"error":"…"}` when a message could not be taken.
 * - `GET /presence/history?user_id=a&window=3600`: the changes of the last so many seconds, where
 *   there is a history; 503 when it does not answer.
 * - `GET /metrics`: for Prometheus.
 *
 * It listens on loopback unless told otherwise. Timers and handlers catch what they throw and count
 * it: an error in one connection must not stop the others.
 *
 * Simplified: no authentication; a product puts it in front of every route.
 *
 * @module
 */
import type { Bus } from "./bus.ts";
import type { StatementLog } from "./change_log.ts";
import { type Detector, missedBeats } from "./detectors.ts";
import { InvalidEventError, isId, parseEvent } from "./event.ts";
import { Fanout } from "./fanout.ts";
import type { Transition } from "./history.ts";
import { PresenceMetrics } from "./metrics.ts";
import { PresenceService } from "./service.ts";
import { Sessions } from "./sessions.ts";
import type { PresenceStore } from "./store.ts";
import { acceptStream, type StreamHost } from "./stream.ts";
import type { SourceOfTruth } from "./truth.ts";

/** What a gateway is made of, and its settings; times in ms. */
export interface GatewayOptions {
  store: PresenceStore;
  bus: Bus;
  nowMs: () => number;
  /** Names this life of the gateway in cursors. */
  name: string;
  truth?: SourceOfTruth;
  /** Takes the statements; whoever reads it writes the store and publishes. */
  log?: StatementLog;
  /** Tells a user's past. */
  history?: History;
  hostname?: string;
  /** 0 takes a free one. */
  port?: number;
  heartbeatMs?: number;
  misses?: number;
  /** In place of missed beats. */
  detector?: () => Detector;
  sweepMs?: number;
  windowMs?: number;
  framesPerSecond?: number;
  /** Devices it accepts. */
  capacity?: number;
  leaseMs?: number;
  storeTimeoutMs?: number;
}

/** A user's changes of state in a time. */
export interface History {
  history(userId: string, fromMs: number, untilMs: number): Promise<Transition[]>;
}

/** Most ids in one GET. */
export const MAX_IDS = 1000;
const MAX_BODY_BYTES = 4096;
/** A sweep that is later than this was held up by a pause of the process, not by work. */
const PAUSE_MS = 100;

/** A running gateway. */
export class Gateway {
  readonly service: PresenceService;
  readonly sessions: Sessions;
  readonly fanout: Fanout;
  readonly metrics: PresenceMetrics;
  readonly url: string;
  /** Settled once it has looked for its cache. */
  readonly ready: Promise<void>;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #timers: ReturnType<typeof setInterval>[];
  #sockets = new Set<WebSocket>();
  #leaveBus: () => void;
  #nowMs: () => number;
  #history: History | undefined;
  #sweepMs: number;
  #sweptMs: number;
  #excused = false;
  #errors = 0;
  #backlog = 0;
  #pending = new Set<Promise<unknown>>();

  constructor(options: GatewayOptions) {
    const { store, bus, nowMs, truth, log, storeTimeoutMs } = options;
    const { heartbeatMs = 1500, misses = 3, sweepMs = 250, windowMs = 100 } = options;
    const { detector = () => missedBeats({ heartbeatMs, misses }) } = options;
    this.#nowMs = nowMs;
    this.#history = options.history;
    this.#sweepMs = sweepMs;
    this.#sweptMs = nowMs();
    const settleMs = 2 * heartbeatMs;
    this.service = new PresenceService({ store, bus, nowMs, truth, log, storeTimeoutMs, settleMs });
    const { capacity = 100_000, leaseMs } = options;
    const lease = leaseMs === undefined ? {} : { leaseMs };
    this.sessions = new Sessions({ capacity, sweepMs, detector, ...lease }, nowMs());
    this.fanout = new Fanout({
      windowMs,
      epoch: options.name,
      framesPerSecond: options.framesPerSecond ?? Infinity,
      onPush: (diff, nowMs) => this.metrics.pushed(diff, nowMs),
    });
    this.metrics = new PresenceMetrics({
      service: this.service,
      sessions: this.sessions,
      fanout: this.fanout,
      errors: () => this.#errors,
      backlog: () => this.#backlog,
    });
    this.#leaveBus = bus.subscribe((diff) => this.fanout.publish(diff, nowMs()));
    const every = (ms: number, work: () => void) => setInterval(() => this.#safely(work), ms);
    this.#timers = [
      every(sweepMs, () => this.#sweep()),
      every(Math.min(50, Math.max(5, windowMs / 10)), () => this.fanout.flush(nowMs())),
    ];
    this.#server = Deno.serve({
      hostname: options.hostname ?? "127.0.0.1",
      port: options.port ?? 0,
      onListen: () => {},
      onError: () => this.#failed(),
    }, (request) => this.#handle(request));
    this.url = `http://${this.#server.addr.hostname}:${this.#server.addr.port}`;
    this.ready = this.#track(this.service.check()).catch(() => {
      this.#errors++;
    });
  }

  /** Asks everyone to reconnect elsewhere; the silent are still found until {@link stop}. */
  drain(): void {
    for (const socket of this.#sockets) socket.close(1012, "service restart");
  }

  /** Stops at once, as a crash would: no goodbyes, and devices are not declared offline. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#leaveBus();
    for (const socket of this.#sockets) socket.close(1001, "going away");
    await this.#server.shutdown();
    await Promise.allSettled(this.#pending);
  }

  async #handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    switch (route) {
      case "GET /presence":
        return await this.#read(url.searchParams.get("user_ids") ?? "");
      case "POST /presence/override":
        return await this.#override(request);
      case "GET /presence/stream":
        return acceptStream(request, url.searchParams, this.#streamHost());
      case "GET /presence/history":
        return await this.#past(url.searchParams);
      case "GET /metrics":
        return new Response(await this.metrics.text());
      default:
        return problem(404, `Cannot serve ${route}: there is no such route`);
    }
  }

  async #read(list: string): Promise<Response> {
    const ids = list === "" ? [] : list.split(",");
    if (ids.length < 1 || ids.length > MAX_IDS || !ids.every(isId)) {
      return problem(
        400,
        `Cannot read presence: user_ids must be 1 to ${MAX_IDS} ids: received ${ids.length}`,
      );
    }
    return Response.json({ users: await this.service.read(ids) });
  }

  async #past(query: URLSearchParams): Promise<Response> {
    const [userId, seconds] = [query.get("user_id"), Number(query.get("window") ?? 3600)];
    if (!isId(userId) || !(seconds > 0)) {
      const rule = "user_id must be an id, and window seconds above 0";
      return problem(400, `Cannot read history: ${rule}: received ${query}`);
    }
    if (!this.#history) return problem(404, "Cannot read history: none is kept");
    const nowMs = this.#nowMs();
    try {
      const changes = await this.#history.history(userId, nowMs - 1000 * seconds, nowMs);
      return Response.json({ userId, changes });
    } catch {
      this.#errors++;
      return problem(503, "Cannot read history: the database does not answer");
    }
  }

  async #override(request: Request): Promise<Response> {
    const text = await request.text();
    if (text.length > MAX_BODY_BYTES) {
      return problem(413, `Cannot accept override: body must be at most ${MAX_BODY_BYTES} bytes`);
    }
    try {
      const body = JSON.parse(text);
      const event = parseEvent({ source: "manual", ...body }, this.#nowMs());
      if (event.source !== "manual") {
        return problem(
          400,
          `Cannot accept override: source must be manual: received ${event.source}`,
        );
      }
      return Response.json(await this.#record(this.service.record(event)));
    } catch (error) {
      if (error instanceof InvalidEventError || error instanceof SyntaxError) {
        return problem(400, error.message);
      }
      throw error;
    }
  }

  #streamHost(): StreamHost {
    return {
      nowMs: this.#nowMs,
      sessions: this.sessions,
      fanout: this.fanout,
      service: this.service,
      sockets: this.#sockets,
      record: (event) => this.#record(this.service.record(event)),
      safely: (work) => this.#safely(work),
    };
  }

  /**
   * Looks for silent devices. A gateway that was itself paused has their beats still in its sockets,
   * so a sweep that comes late judges nobody; two in a row do not excuse each other.
   */
  #sweep(): void {
    const nowMs = this.#nowMs();
    const late = nowMs - this.#sweptMs > 2 * this.#sweepMs + PAUSE_MS;
    this.#sweptMs = nowMs;
    this.#excused = late && !this.#excused;
    if (this.#excused) return;
    for (const event of this.sessions.sweep(nowMs)) {
      this.#record(this.service.record(event)).catch(() => this.#errors++);
    }
    this.#track(this.service.check()).catch(() => this.#errors++);
  }

  async #record<T>(writing: Promise<T>): Promise<T> {
    this.#backlog++;
    try {
      return await this.#track(writing);
    } finally {
      this.#backlog--;
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    const done = () => this.#pending.delete(work);
    work.then(done, done);
    return work;
  }

  #failed(): Response {
    this.#errors++;
    return problem(500, "Cannot answer: internal error");
  }

  #safely(work: () => void): void {
    try {
      work();
    } catch {
      this.#errors++;
    }
  }
}

function problem(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
