/**
 * A channel's live viewers: gathers lines, and every flush sends the same bytes to all.
 *
 * A viewer that comes late is replayed what it missed, at the pace of its socket, until it stands where the last flush ended;
 * from then on it follows the live stream. So no line comes twice, and none is left out between the two.
 *
 * @module
 */
import type { CursorKey } from "./cursor.ts";
import { encodeMessage, sharedFrame } from "./encode.ts";
import type { Line, LineSource } from "./source.ts";
import type { SlowPolicy, Viewer, Wire } from "./viewer.ts";

export interface ChannelOptions {
  name: string;
  source: LineSource;
  cursors: CursorKey;
  nowMs: () => number;
  slow: SlowPolicy;
  /** Lines of one replayed batch. */
  replayLines: number;
  onFlush: (sent: { lines: number; viewers: number; bytes: number; ageMs: number }) => void;
}

/** Viewers of one stream. */
export class Channel {
  readonly viewers = new Set<Viewer>();
  /** Past the last line that live viewers got. */
  flushedTo: number;
  #options: ChannelOptions;
  #pending: Line[] = [];
  #leave: () => void;

  /** `onLines`: called when lines wait for a flush. */
  constructor(options: ChannelOptions, onLines: () => void) {
    this.#options = options;
    this.flushedTo = options.source.end(options.name);
    this.#leave = options.source.subscribe(options.name, (lines) => {
      for (const line of lines) this.#pending.push(line);
      onLines();
    });
  }

  /** Lines that wait for the next flush. */
  get pending(): number {
    return this.#pending.length;
  }

  cursorAt(offset: number): string {
    const { name, cursors, nowMs } = this.#options;
    return cursors.write(name, { offset, wallMs: nowMs() });
  }

  /** The notice of lines that a viewer must fetch. */
  encodeGap(kind: Wire, from: number, to: number): Uint8Array {
    const text = JSON.stringify({ gap: { from, to }, cursor: this.cursorAt(from) });
    return encodeMessage(kind, text, { id: this.cursorAt(to), type: "gap" });
  }

  /** Sends what has gathered. */
  flush(): void {
    const { slow, nowMs, onFlush } = this.#options;
    if (this.#pending.length === 0) return;
    if (slow === "block") { for (const viewer of this.viewers) if (viewer.isFull) return; }
    const lines = this.#pending, from = this.flushedTo, to = lines[lines.length - 1].offset + 1;
    this.#pending = [];
    this.flushedTo = to;
    const sentMs = nowMs(), oldestMs = lines[0].receivedMs;
    const frame = sharedFrame({ from, to, cursor: this.cursorAt(to), sentMs, oldestMs }, lines);
    let sent = 0, bytes = 0;
    for (const viewer of this.viewers) {
      if (!viewer.isLive) continue;
      if (viewer.next !== from) {
        this.replay(viewer);
        continue;
      }
      const { length } = frame(viewer.kind).bytes;
      viewer.offer(frame(viewer.kind));
      sent++;
      bytes += length;
    }
    onFlush({ lines: lines.length, viewers: sent, bytes, ageMs: nowMs() - oldestMs });
  }

  /** Sends a viewer what is behind it, then lets it follow. */
  async replay(viewer: Viewer): Promise<void> {
    const { source, name, nowMs, replayLines } = this.#options;
    viewer.isLive = false;
    while (!viewer.socket.destroyed && viewer.next < this.flushedTo) {
      await viewer.writable();
      const limit = Math.min(replayLines, this.flushedTo - viewer.next);
      const lines = await source.read(name, viewer.next, limit);
      if (lines.length === 0 || viewer.socket.destroyed) break;
      const from = viewer.next, to = lines[lines.length - 1].offset + 1;
      const sentMs = nowMs(), oldestMs = lines[0].receivedMs;
      const batch = { from, to, cursor: this.cursorAt(to), sentMs, oldestMs, replay: true };
      viewer.offer(sharedFrame(batch, lines)(viewer.kind));
    }
    viewer.isLive = true; // from here to the next flush nothing is awaited
  }

  close(): void {
    this.#leave();
  }
}
