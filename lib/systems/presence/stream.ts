/**
 * One WebSocket of a gateway: a device that beats, a watcher that listens, or both.
 *
 * @module
 */
import type { Fanout } from "./fanout.ts";
import { InvalidEventError, isId, parseEvent, type PresenceEvent } from "./event.ts";
import type { PresenceService } from "./service.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { Subscriber } from "./subscriptions.ts";

/** The parts of a gateway that a stream needs. */
export interface StreamHost {
  nowMs: () => number;
  sessions: Sessions;
  fanout: Fanout;
  service: PresenceService;
  sockets: Set<WebSocket>;
  record(event: PresenceEvent): Promise<{ ignored: boolean }>;
  safely(work: () => void): void;
}

/** The socket was closed because its session is not newer than another. */
export const CLOSE_STALE_SESSION = 4409;
/** The gateway has no room for another device. */
export const CLOSE_FULL = 4503;

const MAX_MESSAGE_CHARACTERS = 256 * 1024;

/** Upgrades a request, or refuses it with status 400 or 426. */
export function acceptStream(
  request: Request,
  query: URLSearchParams,
  host: StreamHost,
): Response {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return Response.json({ error: "Cannot open stream: use a WebSocket" }, { status: 426 });
  }
  const [userId, deviceId] = [query.get("user_id"), query.get("device_id")];
  const sessionId = Number(query.get("session_id") ?? NaN);
  const isDevice = deviceId !== null;
  if (isDevice && !(isId(userId) && isId(deviceId) && Number.isSafeInteger(sessionId))) {
    const error = "Cannot open stream: a device must name user_id, device_id and session_id";
    return Response.json({ error }, { status: 400 });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  const stream = new Stream(socket, host);
  socket.onopen = () =>
    host.safely(() => {
      host.sockets.add(socket);
      if (isDevice) stream.connect(userId!, deviceId, sessionId);
    });
  socket.onmessage = ({ data }) => host.safely(() => stream.receive(data));
  socket.onclose = () =>
    host.safely(() => {
      host.sockets.delete(socket);
      stream.close();
    });
  socket.onerror = () => {}; // a close follows
  return response;
}

/** Sockets by session, to close the one that a newer session replaces. */
const socketOf = new WeakMap<Session, WebSocket>();

class Stream {
  #socket: WebSocket;
  #host: StreamHost;
  #session: Session | undefined;
  #subscriber: Subscriber | undefined;

  constructor(socket: WebSocket, host: StreamHost) {
    this.#socket = socket;
    this.#host = host;
  }

  connect(userId: string, deviceId: string, sessionId: number): void {
    const { sessions, nowMs } = this.#host;
    const full = sessions.size >= sessions.capacity;
    const connected = sessions.connect({ userId, deviceId, sessionId }, nowMs());
    if (!connected) {
      if (full) this.#socket.close(CLOSE_FULL, "gateway is full");
      else this.#socket.close(CLOSE_STALE_SESSION, "session is not newer");
      return;
    }
    const { session, event, replaced } = connected;
    this.#session = session;
    socketOf.set(session, this.#socket);
    if (replaced) socketOf.get(replaced)?.close(CLOSE_STALE_SESSION, "replaced");
    this.#record(event);
  }

  receive(data: unknown): void {
    if (typeof data !== "string" || data.length > MAX_MESSAGE_CHARACTERS) {
      return this.#complain("a message must be text of at most 256 Ki characters");
    }
    const { nowMs, sessions } = this.#host;
    if (data === "b" || data === "bye") {
      const session = this.#session;
      if (!session) return this.#complain("only a device's stream may beat");
      if (data === "b") {
        const event = sessions.beat(session, nowMs());
        if (event) this.#record(event);
      } else {
        this.#session = undefined;
        this.#record(sessions.leave(session, nowMs()));
      }
      return;
    }
    let message: Record<string, unknown>;
    try {
      message = Object(JSON.parse(data));
    } catch {
      return this.#complain(`a message must be b, bye or JSON: received ${data.slice(0, 80)}`);
    }
    if ("state" in message) this.#say(message);
    else this.#watch(message);
  }

  close(): void {
    if (this.#session) this.#host.sessions.disconnect(this.#session);
    if (this.#subscriber) this.#host.fanout.close(this.#subscriber);
    this.#session = this.#subscriber = undefined;
  }

  /** What the device's app says. */
  #say({ state, seq }: Record<string, unknown>): void {
    if (!this.#session) return this.#complain("only a device's stream may state");
    const { userId, deviceId, sessionId } = this.#session;
    const nowMs = Math.trunc(this.#host.nowMs());
    const stamp = { userId, deviceId, sessionId, seq, traceId: `${deviceId}-${sessionId}-app` };
    try {
      this.#record(parseEvent({ ...stamp, state, source: "app", atMs: nowMs }, nowMs));
    } catch (error) {
      if (!(error instanceof InvalidEventError)) throw error;
      this.#complain(error.message);
    }
  }

  #watch({ subscribe = [], unsubscribe = [], cursor }: Record<string, unknown>): void {
    const areIds = (ids: unknown): ids is string[] => Array.isArray(ids) && ids.every(isId);
    if (!areIds(subscribe) || !areIds(unsubscribe)) {
      return this.#complain("subscribe and unsubscribe must be lists of user ids");
    }
    const { fanout, service, nowMs } = this.#host;
    const subscriber = this.#subscriber ??= fanout.open({
      send: (frame) => this.#socket.send(frame), // without effect on one that is closing
      bufferedBytes: () => this.#socket.bufferedAmount,
    });
    fanout.unsubscribe(subscriber, unsubscribe);
    try {
      fanout.subscribe(subscriber, subscribe, nowMs(), typeof cursor === "string" ? cursor : "");
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#complain(error.message);
    }
    if (subscribe.length === 0) return;
    service.read(subscribe).then((answers) => {
      for (const { userId, state, sinceMs, version, freshMs } of answers) {
        const known = {
          userId,
          state,
          sinceMs,
          version,
          source: "inferred",
          atMs: freshMs,
        } as const;
        fanout.learn(known, nowMs());
      }
    }).catch((error) =>
      this.#host.safely(() => {
        throw error;
      })
    );
  }

  #record(event: PresenceEvent): void {
    this.#host.record(event).then(
      ({ ignored }) => {
        // Another gateway knows a newer session of this device.
        if (ignored && event.source === "inferred") {
          this.#socket.close(CLOSE_STALE_SESSION, "session is not newer");
        }
      },
      (error) =>
        this.#host.safely(() => {
          throw error;
        }),
    );
  }

  #complain(error: string): void {
    this.#socket.send(JSON.stringify({ error: `Cannot take message: ${error}` }));
  }
}
