/**
 * Who watches whom, both ways: from a user to the watchers, and from a stream to what it watches.
 *
 * A watched user is a topic, a watcher a subscriber, and an edge joins the two. The edge remembers
 * the state that was last sent along it, which is all that is needed to know what to send next. A
 * topic lives as long as it has edges.
 *
 * @module
 */
import type { TokenBucket } from "../../structures/token_bucket.ts";
import type { State } from "./event.ts";
import type { Diff } from "./reducer.ts";

/** The way to a subscriber: a WebSocket, for example. */
export interface Outlet {
  send(frame: string): void;
  /** Bytes handed to `send` that have not left yet. */
  bufferedBytes(): number;
}

/** A user whom someone watches. */
export interface Topic {
  readonly userId: string;
  current: Diff;
  /** Position of the last change in the order of all changes here; 0 when the state is unknown. */
  position: number;
  /** The current change as a row of a frame, written when first needed. */
  row: string;
  readonly edges: Set<Edge>;
}

/** One subscriber watching one topic. */
export interface Edge {
  readonly topic: Topic;
  readonly subscriber: Subscriber;
  /** The state that the subscriber was last told. */
  sent: State | undefined;
  /** Listed in the subscriber's `dirty`. */
  dirty: boolean;
  /** Changes since the state that was sent. */
  pending: number;
}

/** A stream of changes to one watcher. */
export interface Subscriber {
  readonly outlet: Outlet;
  readonly edges: Map<string, Edge>;
  /** Edges that may have something to tell. */
  dirty: Edge[];
  /** When its window ends; `Infinity` when none runs. */
  dueMs: number;
  readonly bucket: TokenBucket | undefined;
}

/** Topics by user, and the edges to their subscribers. */
export class Subscriptions {
  #topics = new Map<string, Topic>();

  get topics(): number {
    return this.#topics.size;
  }

  topic(userId: string): Topic | undefined {
    return this.#topics.get(userId);
  }

  /** Joins a subscriber to a user, and makes the topic if it is the first. */
  link(subscriber: Subscriber, userId: string): Edge {
    let topic = this.#topics.get(userId);
    if (!topic) {
      topic = { userId, current: unknown(userId), position: 0, row: "", edges: new Set() };
      this.#topics.set(userId, topic);
    }
    const edge: Edge = { topic, subscriber, sent: undefined, dirty: false, pending: 0 };
    topic.edges.add(edge);
    subscriber.edges.set(userId, edge);
    return edge;
  }

  unlink({ topic, subscriber }: Edge): void {
    const edge = subscriber.edges.get(topic.userId);
    subscriber.edges.delete(topic.userId);
    if (edge) topic.edges.delete(edge);
    if (topic.edges.size === 0) this.#topics.delete(topic.userId);
  }
}

function unknown(userId: string): Diff {
  return { userId, state: "offline", sinceMs: 0, version: -1, source: "inferred", atMs: 0 };
}
