/**
 * The client: a daemon that keeps a device's presence alive over a WebSocket.
 *
 * It beats every `heartbeatMs`, give or take the jitter, so that devices that connected together
 * drift apart. When the connection breaks it comes back after a back-off with full jitter, with a
 * new session, and asks for what changed since its last cursor. Beats can be lost on purpose, by a
 * hook that decides for each.
 *
 * @module
 */
import { delays } from "../../structures/backoff.ts";
import type { State } from "./event.ts";
import { decodeFrame } from "./frame.ts";

/** Who the device is, where it connects and how it beats; times in ms. */
export interface HeartbeatOptions {
  /** The gateway's address, or a way to choose one for every attempt. */
  url: string | (() => string);
  userId: string;
  deviceId: string;
  random: () => number;
  nowMs: () => number;
  heartbeatMs?: number;
  /** Each interval is heartbeatMs × (1 ± jitter), evenly. */
  jitter?: number;
  /** Whether to lose the next beat. */
  loses?: () => boolean;
  backoff?: { baseMs: number; capMs: number };
  /** Users to watch. */
  watch?: readonly string[];
  /** Told of every state of a watched user. */
  onChange?: (userId: string, state: State, atMs: number) => void;
  /** Told of every beat that leaves. */
  onBeat?: (atMs: number) => void;
}

/** A device that beats; made stopped. */
export class HeartbeatDaemon {
  /** What happened to it. */
  readonly stats = { connects: 0, beats: 0, lost: 0, changes: 0 };
  /** The cursor of the last complete frame. */
  cursor = "";
  #options: HeartbeatOptions;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waits: Iterator<number, never> | undefined;
  #sessionId = 0;
  #running = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Whether its connection stands. */
  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Whether there is no connection left, not even one that is closing. */
  get closed(): boolean {
    return this.#socket === undefined || this.#socket.readyState === WebSocket.CLOSED;
  }

  /** Connects, and keeps beating until it is stopped. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#connect();
  }

  /** Says goodbye and stops. */
  stop(): void {
    if (this.connected) this.#socket!.send("bye");
    this.#end();
    this.#socket?.close();
  }

  /** Falls silent as a device without power: the connection stays, nothing more is sent. */
  fallSilent(): void {
    this.#end();
  }

  /** Loses its connection, as on a change of network, and comes back. */
  breakConnection(): void {
    this.#socket?.close();
  }

  /** Closes the socket without a goodbye; after {@link fallSilent}, for example. */
  close(): void {
    this.#end();
    this.#socket?.close();
  }

  /** States what the device's app knows. */
  say(state: State, seq: number): void {
    if (this.connected) this.#socket!.send(JSON.stringify({ state, seq }));
  }

  #end(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  #connect(): void {
    const { url, userId, deviceId, nowMs, watch = [] } = this.#options;
    this.#sessionId = Math.max(this.#sessionId + 1, Math.trunc(nowMs()));
    const query = new URLSearchParams({
      user_id: userId,
      device_id: deviceId,
      session_id: String(this.#sessionId),
    });
    const base = (typeof url === "string" ? url : url()).replace(/^http/, "ws");
    const socket = new WebSocket(`${base}/presence/stream?${query}`);
    this.#socket = socket;
    socket.onopen = () => {
      if (!this.#running) return socket.close();
      this.stats.connects++;
      this.#waits = undefined;
      if (watch.length > 0) {
        socket.send(JSON.stringify({ subscribe: watch, cursor: this.cursor }));
      }
      this.#schedule();
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onerror = () => {}; // a close follows
    socket.onclose = () => {
      if (this.#socket === socket) this.#retry();
    };
  }

  #schedule(): void {
    const { heartbeatMs = 1500, jitter = 0.2, random } = this.#options;
    const waitMs = heartbeatMs * (1 + jitter * (2 * random() - 1));
    this.#timer = setTimeout(() => {
      if (!this.connected) return; // closing: onclose reconnects
      this.#beat();
      this.#schedule();
    }, waitMs);
  }

  #beat(): void {
    if (this.#options.loses?.()) {
      this.stats.lost++;
      return;
    }
    this.stats.beats++;
    this.#socket!.send("b");
    this.#options.onBeat?.(this.#options.nowMs());
  }

  #receive(data: string): void {
    if (data.startsWith("{")) return; // a complaint: nothing this daemon sends earns one
    const { cursor, changes } = decodeFrame(data);
    this.cursor = cursor || this.cursor;
    const atMs = this.#options.nowMs();
    for (const { userId, state } of changes) {
      this.stats.changes++;
      this.#options.onChange?.(userId, state, atMs);
    }
  }

  #retry(): void {
    clearTimeout(this.#timer);
    if (!this.#running) return;
    const { backoff = { baseMs: 100, capMs: 5000 }, random } = this.#options;
    this.#waits ??= delays("full", backoff, random);
    this.#timer = setTimeout(() => this.#connect(), this.#waits.next().value);
  }
}
