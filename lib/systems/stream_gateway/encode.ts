/**
 * Frames as they go over the wire: one JSON object a batch, inside a WebSocket frame, compressed or not, or a server-sent event.
 *
 * `{"from":0,"to":2,"cursor":"…","sentMs":…,"oldestMs":…,"lines":[…]}`; a batch of lines from before the viewer came says
 * `"replay":true`, and `{"gap":{"from":2,"to":9},"cursor":"…"}` tells of lines to be fetched from a page. The cursor of a
 * batch is the place behind it, that of a gap the place before it.
 *
 * @module
 */
import { writeEvent } from "../../structures/event_stream.ts";
import { deflateMessage } from "../websocket/deflate.ts";
import { encodeFrame } from "../websocket/frame.ts";
import type { Line } from "./source.ts";
import type { Frame, Wire } from "./viewer.ts";

const encoder = new TextEncoder();
/** What is shorter gains too little from compression. */
const LEAST_DEFLATED = 256;
/** For one reader alone: nearly as small, in half the time. */
const REPLAY_LEVEL = 2;

export interface Batch {
  from: number;
  to: number;
  cursor: string;
  sentMs: number;
  /** When its oldest line was taken in. */
  oldestMs: number;
  replay?: boolean;
}

/** The text of a batch. */
export function batchText(batch: Batch, lines: readonly Line[]): string {
  const { from, to, cursor, sentMs, oldestMs, replay } = batch;
  return `{"from":${from},"to":${to},"cursor":"${cursor}","sentMs":${sentMs},"oldestMs":${oldestMs},` +
    (replay ? '"replay":true,' : "") + `"lines":[${lines.map(({ json }) => json).join(",")}]}`;
}

/** Bytes for a viewer of a kind; `id` and `type` are those of a server-sent event. */
export function encodeMessage(
  kind: Wire,
  text: string,
  { id, type, level }: { id?: string; type?: string; level?: number } = {},
): Uint8Array {
  if (kind === "events") return encoder.encode(writeEvent({ data: text, id, type }));
  const bytes = encoder.encode(text);
  const isDeflated = kind === "deflated" && bytes.length >= LEAST_DEFLATED;
  return encodeFrame("text", isDeflated ? deflateMessage(bytes, level) : bytes, { isDeflated });
}

/** A batch, encoded for each kind when it is first asked for. */
export function sharedFrame(batch: Batch, lines: readonly Line[]): (kind: Wire) => Frame {
  const text = batchText(batch, lines), frames = new Map<Wire, Frame>();
  return (kind) => {
    const known = frames.get(kind);
    if (known) return known;
    const { from, to, cursor, replay } = batch, level = replay ? REPLAY_LEVEL : undefined;
    const frame = { from, to, bytes: encodeMessage(kind, text, { id: cursor, level }) };
    frames.set(kind, frame);
    return frame;
  };
}
