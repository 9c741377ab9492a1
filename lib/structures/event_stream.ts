/**
 * Server-sent events: the text that carries them, written and read.
 *
 * An event is a block of lines `field: value` that an empty line ends. `data` may come several times and is joined by line feeds;
 * `id` stays for all events that follow, and is what a client sends back as `Last-Event-ID` when it reconnects; `retry` sets its
 * waiting time; a line that begins with a colon is a comment, good for keeping a connection open. Lines end with CR, LF or CRLF,
 * a byte order mark at the start is skipped, and an event that the end of the stream cuts off is dropped.
 *
 * The parser takes text in chunks, cut anywhere; bytes go through a `TextDecoderStream` first.
 *
 * @example
 * ```ts
 * import { EventStreamParser, writeEvent } from "lib/structures/event_stream.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = writeEvent({ id: "7", type: "gap", data: "two\nlines" });
 * assertEquals(text, "id: 7\nevent: gap\ndata: two\ndata: lines\n\n");
 * const parser = new EventStreamParser();
 * assertEquals(parser.push(text.slice(0, 9)), []);
 * assertEquals(parser.push(text.slice(9)), [{ type: "gap", data: "two\nlines", lastEventId: "7" }]);
 * ```
 *
 * Source: WHATWG, HTML Living Standard, 9.2 Server-sent events.
 *
 * @module
 */

/** What a writer sends. */
export interface OutgoingEvent {
  data: string;
  id?: string;
  /** Default: the client takes it for "message". */
  type?: string;
  retryMs?: number;
}

/** What a reader sees. */
export interface ServerSentEvent {
  type: string;
  data: string;
  /** Of this event, or the last one before it that had an id. */
  lastEventId: string;
}

/** The text of an event. */
export function writeEvent({ data, id, type, retryMs }: OutgoingEvent): string {
  for (const [name, value] of [["id", id], ["type", type]] as const) {
    if (value !== undefined && /[\r\n\0]/.test(value)) {
      throw new SyntaxError(
        `Cannot write event: ${name} must be one line without NUL: received ${
          JSON.stringify(value)
        }`,
      );
    }
  }
  return (id === undefined ? "" : `id: ${id}\n`) +
    (type === undefined ? "" : `event: ${type}\n`) +
    (retryMs === undefined ? "" : `retry: ${Math.round(retryMs)}\n`) +
    data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("") + "\n";
}

/** The text of a comment, which every client skips. */
export function writeComment(text = ""): string {
  return text.split(/\r\n|\r|\n/).map((line) => `: ${line}\n`).join("") + "\n";
}

/** Reads events from chunks of text. */
export class EventStreamParser {
  /** The waiting time that the server asked for, in ms. */
  retryMs: number | undefined;
  #rest = "";
  #isFirst = true;
  #skipLineFeed = false;
  #data: string[] = [];
  #type = "";
  #lastEventId: string;

  /** `lastEventId`: what the connection was opened with. */
  constructor(lastEventId = "") {
    this.#lastEventId = lastEventId;
  }

  /** The events that a chunk completes. */
  push(chunk: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    let text = chunk;
    if (this.#isFirst && text.length > 0) {
      this.#isFirst = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    if (this.#skipLineFeed && text.length > 0) {
      this.#skipLineFeed = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    text = this.#rest + text;
    let start = 0;
    for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) {
      this.#line(text.slice(start, index), events);
      start = index + end.length;
      // The line feed of this carriage return may be in the next chunk.
      if (end === "\r" && start === text.length) this.#skipLineFeed = true;
    }
    this.#rest = text.slice(start);
    return events;
  }

  #line(line: string, events: ServerSentEvent[]): void {
    if (line === "") return this.#dispatch(events);
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    let value = colon === -1 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#lastEventId = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(events: ServerSentEvent[]): void {
    if (this.#data.length > 0) {
      events.push({
        type: this.#type || "message",
        data: this.#data.join("\n"),
        lastEventId: this.#lastEventId,
      });
    }
    this.#data = [];
    this.#type = "";
  }
}
