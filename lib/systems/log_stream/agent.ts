/**
 * The agent beside a build: tails its log file, and sends every line until somebody has taken it.
 *
 * Lines are redacted of the secrets that this machine knows, numbered, and gathered for 64 KiB or 100 ms. A batch is sent in order until
 * it is acknowledged; what cannot be sent goes to a spool on disk. A number stays with its line, so that a batch that is sent
 * twice counts once. Beside the spool it keeps its place in the file (`place.ts`): an agent that was killed and starts again with its
 * name goes on there, with the same numbers.
 *
 * @module
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { delays } from "../../structures/backoff.ts";
import { Redactor, type RedactorPlan } from "../redact/redactor.ts";
import { type Level, LEVELS, type LogRecord } from "./record.ts";
import { Spool } from "./spool.ts";
import { PlaceFile } from "./place.ts";
import { FileTail, type TailedLine } from "./tail.ts";

export interface AgentOptions {
  path: string;
  /** `INGEST/logs`. */
  url: string;
  deploymentId: string;
  agentId: string;
  stepId?: string;
  token: () => string | Promise<string>;
  nowMs: () => number;
  random: () => number;
  /** Also where it keeps its place; of this agent alone. */
  spool: { folder: string; maxBytes: number };
  /** Secrets that this machine knows. */
  redact?: RedactorPlan;
  gzip?: boolean;
  pollMs?: number;
  batchBytes?: number;
  batchMs?: number;
  /** How long an answer may take. Default: 5,000. */
  timeoutMs?: number;
}

const WAIT = { baseMs: 20, capMs: 1000 };

/** The level that a line names, or info. */
export function levelOf(text: string): Level {
  const word = /\b(DEBUG|INFO|WARN|ERROR)\b/.exec(text.slice(0, 200))?.[1].toLowerCase();
  return LEVELS.find((level) => level === word) ?? "info";
}

/** Sends one file. */
export class LogAgent {
  readonly stats = { lines: 0, batches: 0, retries: 0, rejected: 0 };
  readonly tail: FileTail;
  readonly spool: Spool;
  #options: AgentOptions;
  #place: PlaceFile;
  /** Sent from memory, not acknowledged yet. */
  #direct: LogRecord[] | undefined;
  #pending: LogRecord[] = [];
  #pendingBytes = 0;
  #pendingSinceMs = 0;
  #seq: number;
  #stopping = new AbortController();
  #sending: Promise<void> | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.spool = new Spool(options.spool.folder, options.spool);
    this.#place = new PlaceFile(join(options.spool.folder, "place.json"));
    const from = this.#place.place, transform = options.redact && new Redactor(options.redact);
    this.tail = new FileTail(options.path, { transform, from });
    this.#seq = from?.done ?? 0;
  }

  /** Lines read and not acknowledged yet. */
  get backlog(): number {
    return this.#pending.length + (this.#direct?.length ?? 0) + this.spool.lines;
  }

  start(): void {
    this.#reading = this.#read();
  }

  /** Resolves when all that is in the file now has been acknowledged. */
  async drained(): Promise<void> {
    this.#gather(this.tail.poll());
    while (this.backlog > 0 || this.spool.length > 0 || this.#sending !== undefined) {
      this.#cut(true);
      await Promise.race([this.#sending ?? sleep(5), sleep(50)]);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
    await this.#sending;
    this.tail.close();
  }

  async #read(): Promise<void> {
    const { pollMs = 20 } = this.#options;
    while (!this.#stopping.signal.aborted) {
      // A spool full of errors: the file is the buffer.
      if (!this.spool.isFull) this.#gather(this.tail.poll(4 << 20));
      this.#cut(false);
      await sleep(pollMs);
    }
  }

  #gather(lines: readonly TailedLine[]): void {
    for (const mark of this.tail.takeMarks()) this.#place.mark(mark);
    const { deploymentId, agentId, stepId = "build", nowMs } = this.#options;
    if (lines.length > 0 && this.#pending.length === 0) this.#pendingSinceMs = performance.now();
    for (const { text, more } of lines) {
      this.stats.lines++;
      this.#pendingBytes += text.length + 120;
      this.#pending.push({
        deploymentId,
        stepId,
        timestamp: nowMs(),
        level: levelOf(text),
        message: text,
        redactionState: "raw",
        agentId,
        seq: this.#seq++,
        ...(more && { more }),
      });
    }
  }

  /** Moves finished batches to the spool while it is in use, or sends the next one. */
  #cut(isDue: boolean): void {
    const { batchBytes = 64 << 10, batchMs = 100 } = this.#options;
    const waitedMs = performance.now() - this.#pendingSinceMs;
    const isReady = this.#pendingBytes >= batchBytes || isDue || waitedMs >= batchMs;
    if (this.#sending !== undefined || this.#stopping.signal.aborted) {
      // Somebody is slow: what fills a batch goes to disk, not to memory; what is under way goes before it.
      while (this.#pendingBytes >= batchBytes) {
        this.#keepDirect();
        const batch = this.#take(batchBytes);
        this.spool.add(batch);
        this.#done(batch);
      }
      return;
    }
    if (this.spool.length === 0 && (this.#pending.length === 0 || !isReady)) return;
    this.#sending = this.#send().finally(() => this.#sending = undefined);
  }

  #take(bytes: number): LogRecord[] {
    let size = 0, count = 0;
    while (count < this.#pending.length && (size < bytes || count === 0)) {
      size += this.#pending[count++].message.length + 120;
    }
    this.#pendingBytes = Math.max(0, this.#pendingBytes - size);
    this.#pendingSinceMs = performance.now();
    const taken = this.#pending.splice(0, count);
    if (this.#pending.length === 0) this.#pendingBytes = 0;
    return taken;
  }

  /** Sends what waits, oldest first, until nothing does. */
  async #send(): Promise<void> {
    const { batchBytes = 64 << 10, random } = this.#options;
    let waits = delays("full", WAIT, random);
    while (!this.#stopping.signal.aborted) {
      if (this.spool.length === 0) {
        if (this.#pending.length === 0) return;
        this.#direct = this.#take(batchBytes);
      }
      const batch = this.#direct ?? this.spool.first()!;
      if (batch.length === 0 || await this.#post(batch)) {
        if (this.#direct === undefined) this.spool.shift(); // it was there, or was kept there meanwhile
        else this.#done(batch);
        this.#direct = undefined;
        waits = delays("full", WAIT, random);
        continue;
      }
      this.#keepDirect();
      this.stats.retries++;
      await sleep(waits.next().value);
    }
  }

  /** Puts the batch that is under way into the spool, before those that are there. */
  #keepDirect(): void {
    if (this.#direct === undefined) return;
    this.spool.unshift(this.#direct);
    this.#done(this.#direct);
    this.#direct = undefined;
  }

  /** A batch is acknowledged or in the spool: whoever starts again need not read its lines. */
  #done(batch: readonly LogRecord[]): void {
    if (batch.length > 0) this.#place.advance(batch[batch.length - 1].seq + 1);
  }

  /** Reports whether the batch is done with: taken, or refused for good. */
  async #post(batch: readonly LogRecord[]): Promise<boolean> {
    const { url, gzip = false, timeoutMs = 5000, token } = this.#options;
    const text = batch.map((record) => `${JSON.stringify(record)}\n`).join("");
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await token()}`,
          "content-type": "application/x-ndjson",
          "x-backlog-lines": `${this.backlog}`,
          ...(gzip && { "content-encoding": "gzip" }),
        },
        body: gzip ? new Uint8Array(gzipSync(text)) : text,
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#stopping.signal]),
      });
      await response.body?.cancel();
      if (response.ok) this.stats.batches++;
      if (response.status !== 400) return response.ok;
      this.stats.rejected += batch.length; // trying again would not make it better
      return true;
    } catch {
      return false;
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
