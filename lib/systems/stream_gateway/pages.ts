/**
 * A channel without a stream: pages by cursor, and the whole of it as a file that can be continued.
 *
 * `GET …/logs?cursor&till&level&step&limit` gives lines from a cursor on, at least of a level, of one step, before the offset `till`,
 * at most `limit` of them, and the cursor of the next page. Lines never move, so a page is the same whenever it is asked for, also
 * while the channel is written.
 *
 * `GET …/download?till&gzip` gives the text up to an offset. With `till` the bytes are the same every time, so `Range` continues a
 * download that broke off; `ETag` is a hash of them, since retention and deletions change what is there.
 *
 * Simplified: the body of a download is built in memory.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Buffer } from "node:buffer";
import type { CursorKey } from "./cursor.ts";
import type { Line, LineSource } from "./source.ts";

/** What to answer. */
export interface Answer {
  status: number;
  body: string | Uint8Array;
  /** Default: JSON. */
  type?: string;
  headers?: Record<string, string>;
}

/** A request that must be refused. */
export class HttpError extends Error {
  override name = "HttpError";
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export interface PageRequest {
  url: URL;
  channel: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

const MOST_LINES = 1000;
/** Lines looked through for one page, when filters leave out most. */
const MOST_SCANNED = 20_000;
/** Lines of one gzip member: what is compressed together. */
const MEMBER_LINES = 1000;
const LEVELS = ["debug", "info", "warn", "error"];

/** Answers the routes of this file. */
export function servePages(
  request: PageRequest,
  source: LineSource,
  cursors: CursorKey,
  nowMs: () => number,
): Promise<Answer> {
  const route = request.url.pathname.split("/")[3];
  if (route === "logs") return page(request, source, cursors, nowMs);
  if (route === "download") return download(request, source);
  throw new HttpError(404, "no such address");
}

function wholeNumber(url: URL, name: string, fallback: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,15}$/.test(text)) {
    throw new HttpError(400, `${name} must be a whole number: received ${text}`);
  }
  return Number(text);
}

async function page(
  { url, channel }: PageRequest,
  source: LineSource,
  cursors: CursorKey,
  nowMs: () => number,
): Promise<Answer> {
  const place = url.searchParams.get("cursor");
  const from = place ? cursors.read(channel, place).offset : source.start(channel);
  const till = Math.min(wholeNumber(url, "till", Infinity), source.end(channel));
  const limit = Math.min(Math.max(1, wholeNumber(url, "limit", 200)), MOST_LINES);
  const level = url.searchParams.get("level"), step = url.searchParams.get("step");
  const least = LEVELS.indexOf(level ?? "debug");
  if (least === -1) {
    throw new HttpError(400, `level must be one of ${LEVELS.join(", ")}: received ${level}`);
  }
  const lines: Line[] = [];
  let next = from;
  while (lines.length < limit && next < till && next - from < MOST_SCANNED) {
    const wanted = level || step ? MOST_LINES : limit - lines.length;
    const read = await source.read(channel, next, Math.min(wanted, till - next));
    if (read.length === 0) break;
    for (const line of read) {
      next = line.offset + 1;
      if (LEVELS.indexOf(line.level) >= least && (step === null || line.step === step)) {
        lines.push(line);
      }
      if (lines.length === limit) break;
    }
  }
  const cursor = cursors.write(channel, { offset: next, wallMs: nowMs() });
  const body = `{"from":${from},"to":${next},"end":${source.end(channel)},"cursor":"${cursor}",` +
    `"lines":[${lines.map(({ json }) => json).join(",")}]}`;
  return { status: 200, body };
}

async function download(
  { url, channel, headers }: PageRequest,
  source: LineSource,
): Promise<Answer> {
  const till = Math.min(wholeNumber(url, "till", Infinity), source.end(channel));
  const isGzip = url.searchParams.has("gzip");
  const parts: Uint8Array[] = [];
  for (let from = source.start(channel); from < till;) {
    const member = Math.min(till, from - from % MEMBER_LINES + MEMBER_LINES);
    let text = "";
    while (from < member) {
      const read = await source.read(channel, from, member - from);
      if (read.length === 0) throw new HttpError(410, "lines are gone");
      for (const line of read) text += line.text;
      from = read[read.length - 1].offset + 1;
    }
    parts.push(isGzip ? gzipSync(text) : Buffer.from(text));
  }
  const bytes = Buffer.concat(parts);
  const etag = `"${createHash("sha256").update(bytes).digest("base64url")}"`;
  const type = isGzip ? "application/gzip" : "text/plain; charset=utf-8";
  const common = { etag, "accept-ranges": "bytes" };
  const range = /^bytes=(\d+)-(\d*)$/.exec(`${headers.range ?? ""}`);
  const isSame = headers["if-range"] === undefined || headers["if-range"] === etag;
  if (!range || !isSame) return { status: 200, body: bytes, type, headers: common };
  const first = Number(range[1]);
  const last = Math.min(range[2] === "" ? Infinity : Number(range[2]), bytes.length - 1);
  if (first > last) {
    return {
      status: 416,
      body: "",
      headers: { ...common, "content-range": `bytes */${bytes.length}` },
    };
  }
  const span = { ...common, "content-range": `bytes ${first}-${last}/${bytes.length}` };
  return { status: 206, body: bytes.subarray(first, last + 1), type, headers: span };
}
