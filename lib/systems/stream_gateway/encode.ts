/**
 * Frames as they go over the wire: one JSON object a batch, inside a WebSocket frame or a server-sent event.
 *
 * `{"from":0,"to":2,"cursor":"…","sentMs":…,"oldestMs":…,"lines":[…]}`; a batch of lines from before the viewer came says
 * `"replay":true`, and `{"gap":{"from":2,"to":9},"cursor":"…"}` tells of lines to be fetched from a page. The cursor of a
 * batch is the place behind it, that of a gap the place before it.
 *
 * @module
 */
import { writeEvent } from "../../structures/event_stream.ts";
import { encodeFrame } from "../websocket/frame.ts";
import type { Line } from "./source.ts";
import type { Frame, ViewerOptions } from "./viewer.ts";

const encoder = new TextEncoder();
type Kind = ViewerOptions["kind"];

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

/** Bytes for a viewer of a kind. */
export function encodeMessage(kind: Kind, text: string, id?: string, type?: string): Uint8Array {
  return kind === "websocket"
    ? encodeFrame("text", encoder.encode(text))
    : encoder.encode(writeEvent({ data: text, id, type }));
}

/** A batch, encoded for each kind when it is first asked for. */
export function sharedFrame(batch: Batch, lines: readonly Line[]): (kind: Kind) => Frame {
  const text = batchText(batch, lines), frames = new Map<Kind, Frame>();
  return (kind) => {
    const known = frames.get(kind);
    if (known) return known;
    const { from, to } = batch;
    const frame = { from, to, bytes: encodeMessage(kind, text, batch.cursor) };
    frames.set(kind, frame);
    return frame;
  };
}
