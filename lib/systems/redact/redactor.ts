/**
 * Hides secrets in a stream of bytes, wherever its chunks are cut.
 *
 * One automaton looks for the triggers of all rules and for all registered literals at once. What may turn out to be the
 * beginning of a secret is held back, a few hundred bytes at most and never past the end of its line; what is one for certain is
 * replaced at once by `[redacted:rule]`, and what follows is swallowed for as long as it belongs to the secret. A private key
 * that is spread over lines becomes a marker on each of them: lines stay as many as they were.
 *
 * Simplified: a line feed ends every secret except a PEM block; a literal of several lines is registered line by line; at
 * the edges of base64 that hides a literal, two characters of it may remain.
 *
 * @example
 * ```ts
 * import { Redactor } from "lib/systems/redact/redactor.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const redactor = new Redactor({ literals: ["correct horse"] });
 * const encoder = new TextEncoder(), decoder = new TextDecoder();
 * const first = redactor.push(encoder.encode("password=hunter22 and correct ho"));
 * const second = redactor.push(encoder.encode("rse battery\n"));
 * assertEquals(decoder.decode(first), "password=[redacted:key-value] and ");
 * assertEquals(decoder.decode(second), "[redacted:literal] battery\n");
 * assertEquals(redactor.counts, { "key-value": 1, literal: 1 });
 * ```
 *
 * @module
 */
import { AhoCorasick } from "../../structures/aho_corasick.ts";
import type { Match, Rule, View } from "./rule.ts";
import { literalRule, RULES } from "./rules.ts";
import { BlockEnd } from "./block_end.ts";

export interface RedactorOptions {
  /** Secrets known word for word. */
  literals?: readonly string[];
  /** Default: all of `rules.ts`. */
  rules?: readonly Rule[];
}

const LINE_FEED = 10;
/** What is held back at most while nothing is certain. */
const MOST_HELD = 4096;
const NOTHING = new Uint8Array(0);

interface Found extends Match {
  rule: number;
}

/** Rules and literals, compiled: build one, and share it among the streams. */
export class RedactorPlan {
  readonly rules: readonly Rule[];
  readonly automaton: AhoCorasick;
  /** Which rules' triggers end in a state, with the triggers' lengths. */
  readonly ends: readonly (readonly { rule: number; length: number }[])[];
  readonly markers: readonly Uint8Array[];

  constructor({ literals = [], rules = RULES }: RedactorOptions = {}) {
    this.rules = literals.length > 0 ? [...rules, literalRule(literals)] : [...rules];
    const encoder = new TextEncoder();
    const triggers = this.rules.flatMap((rule, index) =>
      rule.triggers.map((trigger) => ({ rule: index, bytes: encoder.encode(trigger) }))
    );
    this.automaton = new AhoCorasick(triggers.map(({ bytes }) => bytes));
    this.ends = this.automaton.endings.map((all) =>
      all.map((index) => ({ rule: triggers[index].rule, length: triggers[index].bytes.length }))
    );
    this.markers = this.rules.map(({ name }) => encoder.encode(`[redacted:${name}]`));
  }
}

/** Redacts one stream. */
export class Redactor {
  /** Secrets hidden so far, by rule. */
  readonly counts: Record<string, number> = {};
  #plan: RedactorPlan;
  #held = NOTHING;
  /** The secret that the stream is in the middle of. */
  #open: { rule: number; swallow?: Uint8Array; block?: BlockEnd; marked: boolean } | undefined;
  #pieces: Uint8Array[] = [];

  constructor(options: RedactorOptions | RedactorPlan = {}) {
    this.#plan = options instanceof RedactorPlan ? options : new RedactorPlan(options);
  }

  /** Bytes held back. */
  get held(): number {
    return this.#held.length;
  }

  /** Whether it is in the middle of a secret that goes on over lines. */
  get isWithinBlock(): boolean {
    return this.#open?.block !== undefined;
  }

  /** Redacts a chunk: what is safe to show of all that came. */
  push(chunk: Uint8Array): Uint8Array {
    return this.#take(chunk, false);
  }

  /** Ends the stream: what was held back. */
  end(): Uint8Array {
    const rest = this.#take(NOTHING, true);
    this.#open = undefined;
    return rest;
  }

  #take(chunk: Uint8Array, isLast: boolean): Uint8Array {
    let bytes = chunk;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + chunk.length);
      bytes.set(this.#held);
      bytes.set(chunk, this.#held.length);
      this.#held = NOTHING;
    }
    this.#pieces = [];
    let from = 0;
    while (from < bytes.length) {
      if (this.#open !== undefined) from = this.#swallow(bytes, from);
      else from = this.#scan(bytes, from, isLast);
    }
    return join(this.#pieces);
  }

  /** Goes on inside a secret; returns where it ended. */
  #swallow(bytes: Uint8Array, from: number): number {
    const open = this.#open!;
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LINE_FEED) {
        if (open.block === undefined) break;
        this.#pieces.push(bytes.subarray(at, at + 1));
        open.marked = false;
        if (open.block.isOver(byte)) return this.#close(at + 1);
        continue;
      }
      if (open.block === undefined && open.swallow![byte] === 0) break;
      if (!open.marked) {
        this.#pieces.push(this.#plan.markers[open.rule]);
        open.marked = true;
      }
      if (open.block?.isOver(byte)) return this.#close(at + 1);
    }
    return at < bytes.length ? this.#close(at) : at;
  }

  #close(at: number): number {
    this.#open = undefined;
    return at;
  }

  /** Copies ordinary bytes up to the next secret that is still open, or to what must be held back. */
  #scan(bytes: Uint8Array, from: number, isLast: boolean): number {
    const { automaton: { transitions, isEnding, depth }, ends } = this.#plan;
    const view: View = { bytes, end: bytes.length };
    const found: Found[] = [];
    let state = 0, waiting = bytes.length, at = from, open: Found | undefined;
    for (; at < bytes.length; at++) {
      state = transitions[(state << 8) | bytes[at]];
      if (isEnding[state] === 0) continue;
      for (const { rule, length } of ends[state]) {
        const start = at + 1 - length;
        const match = this.#plan.rules[rule].match(view, start, at + 1);
        if (match === undefined) continue;
        if (match === "more") waiting = Math.min(waiting, start);
        else {
          const added = add(found, { ...match, rule });
          if (added.block || (added.swallow && added.end === bytes.length)) open = added;
        }
      }
      if (open?.block) break;
    }
    let safe = bytes.length;
    if (open?.block) safe = open.end;
    else if (!isLast) safe = Math.min(waiting, bytes.length - depth[state]);
    if (open && safe >= open.start) safe = open.end;
    const across = found.find(({ start, end }) => start < safe && safe < end);
    if (across) safe = across.start;
    if (bytes.length - safe > MOST_HELD && !open?.block) safe = bytes.length;
    this.#emit(bytes, from, safe, found);
    if (open && open.end <= safe) {
      const { rule, swallow, block } = open;
      this.#open = { rule, swallow, block: block ? new BlockEnd() : undefined, marked: true };
      return safe;
    }
    this.#held = bytes.slice(safe);
    return bytes.length;
  }

  #emit(bytes: Uint8Array, from: number, safe: number, found: readonly Found[]): void {
    let at = from;
    for (const { start, end, rule } of found) {
      if (end > safe || end <= from) continue;
      if (start > at) this.#pieces.push(bytes.subarray(at, start));
      this.#pieces.push(this.#plan.markers[rule]);
      const { name } = this.#plan.rules[rule];
      this.counts[name] = (this.counts[name] ?? 0) + 1;
      at = end;
    }
    if (safe > at) this.#pieces.push(bytes.subarray(at, safe));
  }
}

/** Adds a match in order, joined with those that it touches. */
function add(found: Found[], match: Found): Found {
  let joined = match;
  while (found.length > 0 && found[found.length - 1].end > joined.start) {
    const last = found.pop()!;
    const wider = last.end >= joined.end ? last : joined;
    joined = { ...wider, start: Math.min(last.start, joined.start), rule: last.rule };
  }
  found.push(joined);
  return joined;
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 0) return NOTHING;
  if (pieces.length === 1) return pieces[0];
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Redacts a text that is complete. */
export function redactText(text: string, options: RedactorOptions | RedactorPlan = {}): string {
  const redactor = new Redactor(options);
  const decoder = new TextDecoder();
  const first = redactor.push(new TextEncoder().encode(text));
  return decoder.decode(first, { stream: true }) + decoder.decode(redactor.end());
}
