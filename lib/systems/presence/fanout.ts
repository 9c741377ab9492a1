/**
 * Sends the changes of users to those who watch them, and as little of it as possible.
 *
 * It keeps states, not messages. A watched user is a topic with a current state; an edge from
 * topic to subscriber remembers the state that was last sent along it. A change marks edges as
 * dirty, and when the subscriber's window ends, a dirty edge whose state differs from the one sent
 * becomes a row of one frame. So a change that returns to the last sent state sends nothing, many
 * changes of a user merge into the last, and a subscriber who may not be sent to (over its cap of
 * frames, or not reading) costs a mark an edge however long that lasts: what it gets later is the
 * snapshot of what differs. Frames are never queued here.
 *
 * A row is written once and shared by all watchers; see `frame.ts`. A stream that reconnects names
 * its last cursor and gets what changed since; a cursor of another life of this fan-out gets
 * everything.
 *
 * Every change × watcher is counted once, as pushed, suppressed, merged or dropped.
 *
 * @example
 * ```ts
 * import { Fanout } from "lib/systems/presence/fanout.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const fanout = new Fanout({ windowMs: 1000, epoch: "k1" });
 * const frames: string[] = [];
 * const bob = fanout.open({ send: (frame) => frames.push(frame), bufferedBytes: () => 0 });
 * fanout.subscribe(bob, ["alice"], 0);
 * const alice = { userId: "alice", sinceMs: 5, source: "app", atMs: 5 } as const;
 * fanout.learn({ ...alice, state: "offline", version: 1 }, 0);
 * fanout.flush(0);
 * fanout.publish({ ...alice, state: "online", version: 2 }, 5);
 * fanout.publish({ ...alice, state: "offline", version: 3 }, 500);
 * fanout.flush(1005);
 * assertEquals(frames, ["k1.1\nf 5 alice"]);
 * assertEquals(fanout.stats.suppressed, 2);
 * ```
 *
 * @module
 */
import { TokenBucket } from "../../structures/token_bucket.ts";
import { encodeFrame, encodeRow } from "./frame.ts";
import type { Diff } from "./reducer.ts";
import { type Edge, type Outlet, type Subscriber, Subscriptions } from "./subscriptions.ts";

/** How changes are batched and capped. */
export interface FanoutOptions {
  /** Changes to one subscriber wait this long for company; 0 sends at the next flush. */
  windowMs: number;
  /** Names this life of the fan-out in cursors. */
  epoch: string;
  /** Cap on frames to one subscriber; none by default. */
  framesPerSecond?: number;
  /** Nothing is sent while a subscriber has not taken in this much. */
  maxBufferedBytes?: number;
  maxSubscriptions?: number;
  /** Told of every row that leaves, for the freshness metric. */
  onPush?: (diff: Diff, nowMs: number) => void;
}

const MAX_FRAME_BYTES = 16 * 1024;
/** An id of 128 characters in UTF-8, the rest of a row, and a cursor. */
const MAX_ROW_BYTES = 512;

/** Topics, subscribers and the edges between them; times in ms, of one clock. */
export class Fanout {
  /** Counts of change × watcher, and of what went out. */
  readonly stats = {
    changes: 0,
    pushed: 0,
    suppressed: 0,
    merged: 0,
    dropped: 0,
    /** Rows that told a new or returning watcher the state of the day. */
    snapshot: 0,
    frames: 0,
    bytes: 0,
    /** The most that any subscriber had not taken in. */
    maxBufferedBytes: 0,
  };
  #options: Required<Omit<FanoutOptions, "onPush">> & Pick<FanoutOptions, "onPush">;
  #subscriptions = new Subscriptions();
  /** In order of their due time, because every window is as long. */
  #due: Subscriber[] = [];
  #held = new Set<Subscriber>();
  #position = 0;
  subscribers = 0;

  constructor(options: FanoutOptions) {
    if (!/^[\w-]+$/.test(options.epoch)) {
      throw new TypeError(
        `Cannot fan out: epoch must be letters, digits, - and _: received "${options.epoch}"`,
      );
    }
    this.#options = {
      framesPerSecond: Infinity,
      maxBufferedBytes: 48 * 1024,
      maxSubscriptions: 5000,
      ...options,
    };
  }

  /** Users with at least one watcher. */
  get topics(): number {
    return this.#subscriptions.topics;
  }

  /** A new stream, which watches nobody yet. */
  open(outlet: Outlet): Subscriber {
    this.subscribers++;
    const { framesPerSecond } = this.#options;
    const bucket = framesPerSecond === Infinity ? undefined : new TokenBucket({
      ratePerSecond: framesPerSecond,
      burst: Math.max(1, framesPerSecond),
    });
    return { outlet, edges: new Map(), dirty: [], dueMs: Infinity, bucket };
  }

  /** Forgets a stream. */
  close(subscriber: Subscriber): void {
    this.subscribers--;
    this.unsubscribe(subscriber, [...subscriber.edges.keys()]);
    this.#held.delete(subscriber);
  }

  /**
   * Starts to watch users. Those that changed since the cursor, or all of them without a valid
   * one, are told at the next flush, as soon as {@link learn} or {@link publish} has named them.
   */
  subscribe(subscriber: Subscriber, userIds: readonly string[], nowMs: number, cursor = ""): void {
    const { maxSubscriptions, epoch } = this.#options;
    const total = new Set([...subscriber.edges.keys(), ...userIds]).size;
    if (total > maxSubscriptions) {
      throw new RangeError(
        `Cannot subscribe: a stream may watch at most ${maxSubscriptions} users: received ${total}`,
      );
    }
    const [cursorEpoch, position] = cursor.split(".");
    const seen = cursorEpoch === epoch ? Number.parseInt(position, 36) : -1;
    for (const userId of userIds) {
      if (subscriber.edges.has(userId)) continue;
      const edge = this.#subscriptions.link(subscriber, userId);
      const { position, current } = edge.topic;
      if (position === 0) continue;
      if (position <= seen) edge.sent = current.state;
      else this.#mark(edge, nowMs, nowMs);
    }
  }

  /** Stops to watch users. */
  unsubscribe(subscriber: Subscriber, userIds: readonly string[]): void {
    for (const userId of userIds) {
      const edge = subscriber.edges.get(userId);
      if (!edge) continue;
      this.stats.dropped += edge.pending;
      edge.pending = 0;
      this.#subscriptions.unlink(edge);
    }
    subscriber.dirty = subscriber.dirty.filter((edge) => subscriber.edges.has(edge.topic.userId));
  }

  /** Takes in a change; one that is not newer than the last of this user is ignored. */
  publish(diff: Diff, nowMs: number): void {
    this.#take(diff, nowMs, nowMs + this.#options.windowMs, 1);
  }

  /** Takes in how things are, for those who have just subscribed; it is no change. */
  learn(state: Diff, nowMs: number): void {
    this.#take(state, nowMs, nowMs, 0);
  }

  #take(diff: Diff, nowMs: number, dueMs: number, changes: 0 | 1): void {
    const topic = this.#subscriptions.topic(diff.userId);
    if (!topic || diff.version <= topic.current.version) return;
    topic.current = diff;
    topic.row = "";
    topic.position = ++this.#position;
    this.stats.changes += changes * topic.edges.size;
    for (const edge of topic.edges) {
      edge.pending += changes;
      this.#mark(edge, nowMs, dueMs);
    }
  }

  /** Sends what is due by `nowMs`. To be called often: every few ms, or every tick. */
  flush(nowMs: number): void {
    for (const subscriber of [...this.#held]) {
      this.#held.delete(subscriber);
      this.#send(subscriber, nowMs);
    }
    let sent = 0;
    while (sent < this.#due.length && this.#due[sent].dueMs <= nowMs) {
      const subscriber = this.#due[sent++];
      subscriber.dueMs = Infinity;
      this.#send(subscriber, nowMs);
    }
    this.#due.splice(0, sent);
  }

  #mark(edge: Edge, nowMs: number, dueMs: number): void {
    if (edge.dirty) return;
    edge.dirty = true;
    const { subscriber } = edge;
    subscriber.dirty.push(edge);
    if (subscriber.dueMs !== Infinity || this.#held.has(subscriber)) return;
    if (dueMs === nowMs) {
      this.#held.add(subscriber); // at the next flush, ahead of those whose window still runs
    } else {
      subscriber.dueMs = dueMs;
      this.#due.push(subscriber);
    }
  }

  #send(subscriber: Subscriber, nowMs: number): void {
    const { maxBufferedBytes, epoch } = this.#options;
    const { outlet, bucket } = subscriber;
    let edges = subscriber.dirty;
    while (edges.length > 0) {
      const buffered = outlet.bufferedBytes();
      this.stats.maxBufferedBytes = Math.max(this.stats.maxBufferedBytes, buffered);
      const blocked = buffered + MAX_FRAME_BYTES > maxBufferedBytes;
      if (blocked || (bucket && bucket.waitMs(nowMs) > 0)) break;
      const rows: string[] = [];
      let bytes = 0;
      let taken = 0;
      for (; taken < edges.length && bytes < MAX_FRAME_BYTES - MAX_ROW_BYTES; taken++) {
        const edge = edges[taken];
        if (this.#settleUnchanged(edge)) continue;
        const row = this.#row(edge, nowMs);
        rows.push(row);
        bytes += row.length + 1;
      }
      edges = edges.slice(taken);
      if (rows.length === 0) continue;
      bucket?.take(nowMs);
      // Only a frame after which nothing is left to tell may move the cursor.
      const cursor = edges.length === 0 ? `${epoch}.${this.#position.toString(36)}` : "";
      const frame = encodeFrame(cursor, rows);
      this.stats.frames++;
      this.stats.bytes += frame.length;
      outlet.send(frame);
    }
    subscriber.dirty = edges;
    if (edges.length > 0) this.#held.add(subscriber);
  }

  /** Clears an edge whose state is the one that was sent. */
  #settleUnchanged(edge: Edge): boolean {
    if (edge.topic.current.state !== edge.sent) return false;
    this.stats.suppressed += edge.pending;
    edge.pending = 0;
    edge.dirty = false;
    return true;
  }

  #row(edge: Edge, nowMs: number): string {
    const { topic } = edge;
    topic.row ||= encodeRow(topic.current);
    if (edge.pending === 0) {
      this.stats.snapshot++;
    } else {
      this.stats.pushed++;
      this.stats.merged += edge.pending - 1;
      this.#options.onPush?.(topic.current, nowMs);
    }
    edge.sent = topic.current.state;
    edge.pending = 0;
    edge.dirty = false;
    return topic.row;
  }
}
