/**
 * Keeps the logs of deployments: segments on disk, an index in PostgreSQL, and a chain that shows every later change.
 *
 * Each deployment is a commit log of its own. A segment that is full is sealed: its row in the index says which lines, times, steps
 * and levels it holds, and carries the SHA-256 over its bytes and the row before it. So whoever alters a byte, or takes a segment
 * away, breaks the chain from there on. Retention deletes whole segments and leaves their rows, which still carry the chain;
 * a legal hold stops it, and every deletion is written down. A line that must not stay is replaced by a note; the sealed hash
 * still carries the chain, the new one stands beside it (`deleted_lines.ts`).
 *
 * It is a source of lines for a gateway, too: pages and downloads come from the disk.
 *
 * Simplified: one process writes; the segment that is not sealed yet is covered by its own checksums only.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Sql } from "../../services/postgres_client.ts";
import { Log } from "../commit_log/log.ts";
import type { Line, LineSource } from "../stream_gateway/source.ts";
import { toLine } from "./feed.ts";
import {
  DELETED_LINES_SCHEMA,
  type DeletedLine,
  deletionsOf,
  noteDeletion,
  withoutText,
} from "./deleted_lines.ts";
import { StoreMetrics } from "./metrics.ts";
import type { NumberedRecord } from "./record.ts";

const SCHEMA = `
create table if not exists log_segment (
  deployment text not null, base bigint not null, "end" bigint not null,
  "fromMs" bigint not null, "tillMs" bigint not null, steps text[] not null, levels text[] not null,
  sha256 text not null, "deletedMs" bigint, primary key (deployment, base));
create table if not exists legal_hold (deployment text primary key, reason text not null);
create table if not exists log_audit (
  id bigserial primary key, "atMs" bigint not null, action text not null,
  deployment text not null, detail text not null);
${DELETED_LINES_SCHEMA}`;

/** A row of the index. */
export interface SegmentRow {
  deployment: string;
  base: number;
  end: number;
  fromMs: number;
  tillMs: number;
  steps: string[];
  levels: string[];
  /** Over the previous row's and the segment's bytes. */
  sha256: string;
  /** When retention deleted the bytes. */
  deletedMs: number | null;
}

export interface LogStoreOptions {
  folder: string;
  sql: Sql;
  nowMs: () => number;
  /** Lines after which a segment is sealed. Default: 2000. */
  segmentLines?: number;
  /** Age from which on a segment that is not held should be gone, for the metrics. Default: never. */
  retentionMs?: number;
}

interface Deployment {
  log: Log;
  /** Lines of the segment that is not sealed. */
  open: NumberedRecord[];
  /** When its first line came. */
  sinceMs: number;
  listeners: Set<(lines: readonly Line[]) => void>;
}

/** Logs of deployments on one disk. */
export class LogStore implements LineSource {
  readonly metrics = new StoreMetrics(async () => {
    const { nowMs, retentionMs = Infinity } = this.#options;
    return retentionMs === Infinity ? 0 : (await this.#expired(nowMs() - retentionMs)).length;
  });
  #options: LogStoreOptions;
  #deployments = new Map<string, Deployment>();

  private constructor(options: LogStoreOptions) {
    this.#options = options;
  }

  /** Makes the tables where there are none, and opens what is on the disk. */
  static async open(options: LogStoreOptions): Promise<LogStore> {
    await options.sql.query(SCHEMA);
    await Deno.mkdir(options.folder, { recursive: true });
    const store = new LogStore(options);
    for (const { name, isDirectory } of Deno.readDirSync(options.folder)) {
      if (isDirectory) store.#deployment(decodeURIComponent(name));
    }
    return store;
  }

  /** Appends lines of a deployment; those that it has already are skipped. Seals what is full. */
  async append(deployment: string, records: readonly NumberedRecord[]): Promise<void> {
    const place = this.#deployment(deployment), { log, open, listeners } = place;
    const fresh = records.filter(({ offset }) => offset >= log.endOffset);
    if (fresh.length === 0) return;
    if (fresh[0].offset !== log.endOffset) {
      throw new RangeError(
        `Cannot append lines: offset must be ${log.endOffset}: received ${fresh[0].offset}`,
      );
    }
    const { nowMs, segmentLines = 2000 } = this.#options;
    log.append(fresh.map((record) => ({
      key: record.stepId,
      value: JSON.stringify(record),
      timestampMs: nowMs(),
    })));
    log.flush();
    if (open.length === 0) place.sinceMs = nowMs();
    open.push(...fresh);
    const lines = fresh.map((record) => toLine(record, nowMs()));
    for (const listener of listeners) listener(lines);
    if (open.length >= segmentLines) await this.seal(deployment);
  }

  /** Closes the open segment, and links it into the chain. */
  async seal(deployment: string): Promise<void> {
    const { log, open, sinceMs } = this.#deployment(deployment);
    if (open.length === 0) return;
    const records = open.splice(0), segment = log.segments[log.segments.length - 1];
    log.flush();
    log.roll();
    const { sql } = this.#options;
    const [last] = await sql<SegmentRow>`select sha256 from log_segment
      where deployment = ${deployment} order by base desc limit 1`;
    const sha256 = link(last?.sha256 ?? "", await Deno.readFile(`${segment.path}.log`));
    const unique = (of: (record: NumberedRecord) => string) => [...new Set(records.map(of))];
    await sql`insert into log_segment values (${deployment}, ${records[0].offset},
      ${records[records.length - 1].offset + 1}, ${sinceMs},
      ${segment.maxTimestampMs}, ${unique(({ stepId }) => stepId)},
      ${unique(({ level }) => level)}, ${sha256}, null)`;
  }

  /** The segments of a deployment that do not fit the chain, by their first offset. */
  async verify(deployment: string): Promise<{ base: number; because: string }[]> {
    const { log } = this.#deployment(deployment);
    const broken: { base: number; because: string }[] = [];
    const deletions = await deletionsOf(this.#options.sql, deployment);
    let previous = "";
    for (const row of await this.segments(deployment)) {
      const segment = log.segments.find(({ baseOffset }) => baseOffset === row.base);
      if (row.deletedMs === null) {
        const bytes = segment && await Deno.readFile(`${segment.path}.log`).catch(() => undefined);
        const hashes = hashesOf(row.sha256, deletions.get(row.base));
        const because = bytes ? problemOf(link(previous, bytes), hashes) : "its file is gone";
        if (because !== undefined) broken.push({ base: row.base, because });
      }
      previous = row.sha256;
    }
    this.metrics.broken.inc(broken.length);
    return broken;
  }

  /** The index of a deployment, oldest first. */
  segments(deployment: string): Promise<SegmentRow[]> {
    return this.#options.sql<SegmentRow>`select * from log_segment
      where deployment = ${deployment} order by base`;
  }

  /** Deletes segments that were closed before a time, unless they are held; returns how many. */
  async retain(cutoffMs: number): Promise<number> {
    const { sql, nowMs } = this.#options, rows = await this.#expired(cutoffMs);
    for (const { deployment, base, end } of rows) {
      // First the note, then the deed: a crash between them leaves a row that verify() reports.
      await sql.begin(async (tx) => {
        await tx`update log_segment set "deletedMs" = ${nowMs()}
          where deployment = ${deployment} and base = ${base}`;
        await tx`insert into log_audit ("atMs", action, deployment, detail)
          values (${nowMs()}, 'expired', ${deployment}, ${`lines ${base} to ${end - 1}`})`;
      });
      this.#deployment(deployment).log.deleteBefore(end);
    }
    return rows.length;
  }

  /** Segments that were closed before a time, are still here, and are not held. */
  #expired(cutoffMs: number): Promise<SegmentRow[]> {
    return this.#options.sql<SegmentRow>`select s.* from log_segment s
      where "deletedMs" is null and "tillMs" < ${cutoffMs}
      and not exists (select from legal_hold h where h.deployment = s.deployment)
      order by deployment, base`;
  }

  /**
   * Puts a note in the place of a line, on the disk too; offsets and chain stay. Once more, after a crash, finishes it.
   *
   * @throws {RangeError} when the line is not there, its deployment is held, or its segment is not what was sealed
   */
  async deleteLine(deployment: string, offset: number, reason: string): Promise<void> {
    const refuse = (what: string) =>
      new RangeError(`Cannot delete line ${offset} of ${deployment}: ${what}`);
    if (!this.has(deployment)) throw refuse("it must be in the log");
    if (/[\r\n]/.test(reason)) throw refuse("the reason must be one line of text");
    const { log, open } = this.#deployment(deployment), { sql, nowMs } = this.#options;
    const [held] = await sql`select reason from legal_hold where deployment = ${deployment}`;
    if (held) throw refuse(`it must not be held: received a hold, ${held.reason}`);
    if (open.some((record) => record.offset === offset)) await this.seal(deployment);
    const rows = await this.segments(deployment);
    const at = rows.findIndex(({ base, end }) => base <= offset && offset < end);
    if (at < 0 || rows[at].deletedMs !== null) throw refuse("it must be in the log");
    const { base, sha256 } = rows[at], previous = rows[at - 1]?.sha256 ?? "";
    const before = (await deletionsOf(sql, deployment)).get(base) ?? [];
    const segment = log.segments.find(({ baseOffset }) => baseOffset === base);
    const bytes = segment && await Deno.readFile(`${segment.path}.log`);
    if (bytes === undefined || !hashesOf(sha256, before).includes(link(previous, bytes))) {
      throw refuse("its segment must be the one that was sealed: verify() tells more");
    }
    // Those before it too, should one have been cut short.
    const reasons = new Map([...before, { offset, reason }].map((it) => [it.offset, it.reason]));
    const batches = log.rewritten(base, (kept) => {
      const why = reasons.get(kept.offset);
      if (why === undefined) return kept;
      const record = withoutText(JSON.parse(decoder.decode(kept.value!)), why);
      return { ...kept, value: encoder.encode(JSON.stringify(record)) };
    });
    const after = link(previous, ...batches);
    // First the note, then the deed, as above.
    await noteDeletion(sql, { atMs: nowMs(), deployment, offset, base, reason, sha256: after });
    log.replaceSegment(base, batches);
    this.metrics.deleted.inc();
  }

  /** Keeps a deployment's log whatever its age. */
  async hold(deployment: string, reason: string): Promise<void> {
    const { sql, nowMs } = this.#options;
    await sql`insert into legal_hold values (${deployment}, ${reason})
      on conflict (deployment) do update set reason = ${reason}`;
    await sql`insert into log_audit ("atMs", action, deployment, detail)
      values (${nowMs()}, 'held', ${deployment}, ${reason})`;
  }

  has(channel: string): boolean {
    return this.#deployments.has(channel);
  }

  /** Makes an empty log, if there is none. */
  create(channel: string): void {
    this.#deployment(channel);
  }

  start(channel: string): number {
    return this.#deployments.get(channel)?.log.startOffset ?? 0;
  }

  end(channel: string): number {
    return this.#deployments.get(channel)?.log.endOffset ?? 0;
  }

  read(channel: string, from: number, limit: number): Line[] {
    const log = this.#deployments.get(channel)?.log, lines: Line[] = [];
    if (log === undefined) return lines;
    for (let next = Math.max(from, log.startOffset); lines.length < limit;) {
      const records = log.read(next, 256 << 10);
      if (records.length === 0) break;
      for (const { offset, value, timestampMs } of records) {
        if (offset < next || lines.length === limit) continue;
        lines.push(toLine(JSON.parse(decoder.decode(value!)), timestampMs));
      }
      next = records[records.length - 1].offset + 1;
    }
    return lines;
  }

  subscribe(channel: string, listener: (lines: readonly Line[]) => void): () => void {
    const { listeners } = this.#deployment(channel);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  close(): void {
    for (const { log } of this.#deployments.values()) log.close();
  }

  #deployment(name: string): Deployment {
    const known = this.#deployments.get(name);
    if (known) return known;
    const log = Log.open(join(this.#options.folder, encodeURIComponent(name)));
    const last = log.segments[log.segments.length - 1];
    const open = last.size === 0
      ? []
      : [...log.records(last.baseOffset)].map(({ value }) => JSON.parse(decoder.decode(value!)));
    const deployment: Deployment = {
      log,
      open,
      sinceMs: this.#options.nowMs(),
      listeners: new Set(),
    };
    this.#deployments.set(name, deployment);
    return deployment;
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A link of the chain. */
function link(previous: string, ...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256").update(previous);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** The hashes that a segment has had, the latest last. */
function hashesOf(sealed: string, deletions: readonly DeletedLine[] = []): string[] {
  return [sealed, ...deletions.map(({ sha256 }) => sha256)];
}

/** What is wrong with a segment's hash; `hashes` are those that it has had, the latest last. */
function problemOf(hash: string, hashes: readonly string[]): string | undefined {
  if (hash === hashes[hashes.length - 1]) return undefined;
  return hashes.includes(hash)
    ? "the deletion of a line was cut short"
    : "its bytes are not those that were sealed";
}
