/**
 * Follows a deployment's log through whatever happens to the connection, each line once and in order.
 *
 * After a break it waits as its back-off says, and comes back with the cursor of the last batch that was handled; so what it
 * missed is replayed. A notice of missing lines is answered by fetching their pages before anything else is handed on. When the
 * token has expired (close code 4401) it comes back at once, with a fresh one. What came twice is dropped by its offset.
 *
 * @module
 */
import { type BackoffKind, delays } from "../../structures/backoff.ts";
import type { NumberedRecord } from "./record.ts";

/** A line as its viewer gets it. */
export type SeenRecord = NumberedRecord & { replay?: true };

export interface FollowOptions {
  /** Where an earlier follow ended. */
  cursor?: string;
  /** Takes lines in order; the next ones wait for it. */
  onLines: (lines: SeenRecord[]) => void | Promise<void>;
  /** Called after the lines were handled: keep it. */
  onCursor?: (cursor: string, next: number) => void | Promise<void>;
  /** A token that is good now. */
  token: () => string | Promise<string>;
  random: () => number;
  signal: AbortSignal;
  /** Default: full jitter from 100 ms to 10 s. */
  backoff?: { kind: BackoffKind; baseMs: number; capMs: number };
  /** Called at every attempt to connect, with the waits that were drawn since the last connection that brought something. */
  onAttempt?: (waitedMs: number) => void;
}

/** What happened on the way. */
export interface FollowStats {
  attempts: number;
  lines: number;
  gaps: number;
  /** Lines that were fetched as pages. */
  fetched: number;
  /** Age of the last batch of live lines when it came, by the gateway's clock. */
  lastSentMs: number;
}

interface Batch {
  from: number;
  to: number;
  cursor: string;
  sentMs: number;
  replay?: true;
  lines: NumberedRecord[];
  gap?: { from: number; to: number };
}

const TOKEN_EXPIRED = 4401;

/** Follows `GATEWAY/deployments/ID` until the signal; resolves to what happened. */
export async function follow(url: string, options: FollowOptions): Promise<FollowStats> {
  const { signal, random, backoff = { kind: "full", baseMs: 100, capMs: 10_000 } } = options;
  const follower = new Follower(url, options);
  let waits = delays(backoff.kind, backoff, random), waitedMs = 0;
  while (!signal.aborted) {
    options.onAttempt?.(waitedMs);
    follower.stats.attempts++;
    const { code, wasFruitful } = await follower.connect();
    if (wasFruitful) [waits, waitedMs] = [delays(backoff.kind, backoff, random), 0];
    if (code === TOKEN_EXPIRED || signal.aborted) continue;
    const waitMs = waits.next().value;
    waitedMs += waitMs;
    await sleep(waitMs, signal);
  }
  return follower.stats;
}

class Follower {
  readonly stats: FollowStats = { attempts: 0, lines: 0, gaps: 0, fetched: 0, lastSentMs: 0 };
  #url: string;
  #options: FollowOptions;
  #cursor: string | undefined;
  /** The first offset that was not handed on; unknown before the first batch. */
  #next: number | undefined;

  constructor(url: string, options: FollowOptions) {
    this.#url = url;
    this.#options = options;
    this.#cursor = options.cursor;
  }

  /** One connection, from its opening to its end. */
  async connect(): Promise<{ code: number; wasFruitful: boolean }> {
    const { signal } = this.#options;
    const token = await this.#options.token();
    if (signal.aborted) return { code: 1000, wasFruitful: false };
    const query = new URLSearchParams({ token });
    if (this.#cursor !== undefined) query.set("cursor", this.#cursor);
    const socket = new WebSocket(`${this.#url.replace(/^http/, "ws")}/stream?${query}`);
    const closed = Promise.withResolvers<number>();
    let work = Promise.resolve(), wasFruitful = false, hasFailed = false;
    socket.onmessage = ({ data }) => {
      wasFruitful = true;
      work = work.then(async () => {
        if (!hasFailed) await this.#handle(JSON.parse(data), token);
      }).catch(() => {
        hasFailed = true; // what it could not take it takes again after the cursor
        socket.close();
      });
    };
    socket.onerror = () => {};
    socket.onclose = ({ code }) => closed.resolve(code);
    const leave = () => {
      socket.close();
      closed.resolve(1000); // a gateway that is gone answers no close
    };
    signal.addEventListener("abort", leave, { once: true });
    const code = await closed.promise;
    signal.removeEventListener("abort", leave);
    await work;
    return { code, wasFruitful };
  }

  async #handle(batch: Batch, token: string): Promise<void> {
    if (batch.gap !== undefined) {
      this.stats.gaps++;
      return await this.#fetch(batch.cursor, batch.gap.to, token);
    }
    if (this.#next !== undefined && batch.from > this.#next) {
      await this.#fetch(this.#cursor!, batch.from, token);
    }
    if (!batch.replay) this.stats.lastSentMs = batch.sentMs;
    const lines = batch.replay
      ? batch.lines.map((line) => ({ ...line, replay: true as const }))
      : batch.lines;
    await this.#deliver(lines, batch);
  }

  /** Pages of what was left out, up to an offset. */
  async #fetch(cursor: string, till: number, token: string): Promise<void> {
    let page: Batch;
    for (let at = cursor;; at = page.cursor) {
      const query = new URLSearchParams({ cursor: at, till: `${till}`, limit: "1000" });
      const response = await fetch(`${this.#url}/logs?${query}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: this.#options.signal,
      });
      if (!response.ok) throw new Error(`Cannot fetch page: ${response.status}`);
      page = await response.json();
      if (page.lines.length === 0) return;
      this.stats.fetched += page.lines.length;
      await this.#deliver(page.lines, page);
      if (page.to >= till) return;
    }
  }

  async #deliver(lines: SeenRecord[], { to, cursor }: { to: number; cursor: string }) {
    const fresh = lines.filter(({ offset }) => offset >= (this.#next ?? 0));
    if (fresh.length > 0) await this.#options.onLines(fresh);
    this.stats.lines += fresh.length;
    this.#next = Math.max(this.#next ?? 0, to);
    this.#cursor = cursor;
    await this.#options.onCursor?.(cursor, this.#next);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      done();
    }, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
