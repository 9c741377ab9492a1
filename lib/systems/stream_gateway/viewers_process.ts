/**
 * Very many viewers in a process of their own: real sockets, with as little work for each as it takes to check what it gets.
 *
 * All viewers of a process get the same bytes, so a batch is read once, and the others are compared with it by where it begins and
 * ends. Each must follow the one before it. It writes a line of JSON once all are connected, and one at the end, when
 * each viewer has come to an offset or the time is over.
 *
 * @module
 */
import { connect } from "node:net";

export interface ViewersOptions {
  port: number;
  /** With its query. */
  path: string;
  viewers: number;
  /** The offset that each must reach. */
  till: number;
  /** So many of them read only so many bytes a second, and need not reach the end. */
  slow?: { count: number; bytesPerSecond: number };
  /** Viewers that connect at once. Default: 50. */
  together?: number;
  timeoutMs?: number;
}

/** What the viewers saw. */
export interface ViewersReport {
  connected: number;
  /** From the first connect to the last handshake. */
  connectMs: number;
  frames: number;
  /** Lines, over all viewers. */
  lines: number;
  /** Viewers that reached the end with every line. */
  complete: number;
  /** Batches that did not follow the one before. */
  outOfOrder: number;
  /** Notices of missing lines. */
  gaps: number;
  /** Age of the oldest line of each batch when it came to those who are not slow. */
  ageMs: { p50: number; p99: number; p999: number; max: number };
  done: boolean;
}

/** A running process. */
export interface Viewers {
  /** Resolves when all are connected. */
  connected: Promise<ViewersReport>;
  /** Resolves to what they saw. */
  report: Promise<ViewersReport>;
  stop(): void;
}

/** Starts viewers in a process of their own. */
export function startViewers(options: ViewersOptions): Viewers {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", import.meta.url, JSON.stringify(options)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const connected = Promise.withResolvers<ViewersReport>();
  const read = async () => {
    let last: ViewersReport | undefined, rest = "";
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) connected.resolve(last = JSON.parse(line));
    }
    if (!last?.done) throw new Error("Cannot watch: the viewers' process ended");
    return last;
  };
  const report = read();
  report.catch(connected.reject);
  return { connected: connected.promise, report, stop: () => process.kill("SIGTERM") };
}

interface Seen {
  to: number;
  oldestMs: number;
}

const HEAD = /^\{"from":(\d+),"to":(\d+),"cursor":"[^"]*","sentMs":[\d.]+,"oldestMs":([\d.]+)/;
const GAP = /^\{"gap":\{"from":(\d+),"to":(\d+)\}/;
const LETTER_G = 103;
const decoder = new TextDecoder();

function main(options: ViewersOptions) {
  const { port, path, viewers, till, together = 50, timeoutMs = 120_000, slow } = options;
  const startMs = performance.now();
  const ages: number[] = [], batches = new Map<number, Seen>();
  const count = {
    opened: 0,
    connected: 0,
    frames: 0,
    lines: 0,
    complete: 0,
    outOfOrder: 0,
    gaps: 0,
  };
  let connectMs = 0;
  const report = (done: boolean) => {
    const sorted = Float64Array.from(ages).sort();
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    const ageMs = { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
    const { opened: _, ...seen } = count;
    const value: ViewersReport = { ...seen, connectMs, ageMs, done };
    Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
    if (done) Deno.exit(0);
  };

  const watch = () => {
    if (count.opened >= viewers) return;
    const isSlow = slow !== undefined && count.opened < slow.count;
    count.opened++;
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      ));
    let rest: Uint8Array | undefined, isOpen = false, next = 0;
    const frame = (bytes: Uint8Array): number => {
      if (bytes.length < 2) return 0;
      let length = bytes[1] & 127, head = 2;
      if (length === 126) [length, head] = [bytes[2] << 8 | bytes[3], 4];
      else if (length === 127) {
        if (bytes.length < 10) return 0;
        [length, head] = [new DataView(bytes.buffer, bytes.byteOffset).getUint32(6), 10];
      }
      if (bytes.length < head + length) return 0;
      if ((bytes[0] & 15) === 1) batch(bytes.subarray(head, head + length));
      return head + length;
    };
    const batch = (bytes: Uint8Array) => {
      count.frames++;
      let seen = batches.get(next);
      if (seen === undefined || bytes[2] === LETTER_G) {
        const text = decoder.decode(bytes.subarray(0, 200));
        const gap = GAP.exec(text), found = gap ?? HEAD.exec(text);
        if (found === null || Number(found[1]) !== next) {
          count.outOfOrder++;
          return;
        }
        if (gap) count.gaps++;
        seen = { to: Number(found[2]), oldestMs: Number(found[3] ?? 0) };
        if (!gap) batches.set(next, seen);
      }
      // A notice of missing lines has no age.
      if (!isSlow && seen.oldestMs > 0) ages.push(Date.now() - seen.oldestMs);
      count.lines += seen.to - next;
      next = seen.to;
      if (!isSlow && next >= till && ++count.complete === viewers - (slow?.count ?? 0)) {
        report(true);
      }
    };
    socket.on("data", (chunk: Uint8Array) => {
      let bytes = chunk;
      if (isSlow) {
        socket.pause();
        setTimeout(() => socket.resume(), 1000 * chunk.length / slow!.bytesPerSecond);
      }
      if (!isOpen) {
        const end = decoder.decode(bytes).indexOf("\r\n\r\n");
        if (end === -1) return;
        isOpen = true;
        bytes = bytes.subarray(end + 4);
        if (++count.connected === viewers) {
          connectMs = performance.now() - startMs;
          report(false);
        }
        watch();
      }
      if (rest !== undefined) {
        const joined = new Uint8Array(rest.length + bytes.length);
        joined.set(rest);
        joined.set(bytes, rest.length);
        bytes = joined;
      }
      let at = 0;
      for (let size; (size = frame(bytes.subarray(at))) > 0;) at += size;
      rest = at < bytes.length ? bytes.slice(at) : undefined;
    });
    socket.on("error", () => {});
  };
  for (let n = 0; n < together; n++) watch();
  setTimeout(() => report(true), timeoutMs);
  Deno.addSignalListener("SIGTERM", () => report(true));
}

if (import.meta.main) main(JSON.parse(Deno.args[0]));
