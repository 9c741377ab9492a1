/**
 * Finds the line of a cell that an error's traceback means.
 *
 * A traceback counts lines in the text that the kernel ran, which is the cell without its types, blank
 * lines and layout. We align the tokens of both texts by their longest common subsequence: types are
 * tokens that only the source has, so the token at the traceback's position leads back to its line.
 *
 * Simplified: a traceback does not say which cell a frame is in. A frame counts as this cell's when a
 * token starts at its position and the cell mentions the frame's function; others stay as they are.
 *
 * @example
 * ```ts
 * import { locate } from "./error_line.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const source = "interface Beat {\n  at: number;\n}\n\nthrow new Error('late');";
 * const transpiled = "'use strict'; void 0;throw new Error('late');\n";
 * const traceback = ["Error: late", "    at <anonymous>:1:28"];
 * assertEquals(locate(traceback, source, transpiled), {
 *   line: 5,
 *   traceback: ["Error: late", "    at line 5"],
 * });
 * ```
 *
 * @module
 */

/** Past this many tokens a text is not aligned: the table grows with the square. */
const MOST_TOKENS = 4_000;
/** Below this share of common tokens the texts are not versions of one another. */
const LEAST_COMMON = 0.5;

/** What the kernel puts before a cell; only tracebacks count it. */
const PROLOGUE = "'use strict'; void 0;";

const FRAME = /<anonymous>:(\d+):(\d+)/;

interface Token {
  text: string;
  start: number;
}

function tokens(text: string): Token[] {
  return Array.from(text.matchAll(/[\p{L}\p{N}_$]+|[^\s]/gu), (match) => ({
    text: match[0],
    start: match.index,
  }));
}

/** For each token of `a` the index of its partner in `b`, or -1. */
function align(a: Token[], b: Token[]): Int32Array {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i].text === b[j].text
        ? common[(i + 1) * width + j + 1] + 1
        : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const partners = new Int32Array(a.length).fill(-1);
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i].text === b[j].text) partners[i++] = j++;
    else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) i++;
    else j++;
  }
  return partners;
}

/** The traceback with this cell's frames as lines of its source, and the line of the innermost. */
export function locate(
  traceback: string[],
  source: string,
  transpiled: string,
): { line?: number; traceback: string[] } {
  const ran = tokens(transpiled).filter((token) => token.start >= PROLOGUE.length);
  const written = tokens(source);
  if (Math.max(ran.length, written.length) > MOST_TOKENS) return { traceback };
  const partners = align(ran, written);
  if (partners.filter((partner) => partner >= 0).length < LEAST_COMMON * ran.length) {
    return { traceback };
  }
  const lineStarts = [0, ...Array.from(transpiled.matchAll(/\n/g), (match) => match.index + 1)];
  const lineOf = (frame: string): number | undefined => {
    const [, line, column] = frame.match(FRAME) ?? [];
    const offset = lineStarts[Number(line) - 1] + Number(column) - 1;
    const at = ran.findIndex((token) => token.start === offset);
    const name = frame.match(/at (?:async )?(?:new )?([\p{L}\p{N}_$]+) \(/u)?.[1];
    if (at < 0 || partners[at] < 0) return undefined;
    if (name && !ran.some((token) => token.text === name)) return undefined;
    return source.slice(0, written[partners[at]].start).split("\n").length;
  };
  let innermost: number | undefined;
  const mapped = traceback.map((frame) => {
    const line = lineOf(frame);
    innermost ??= line;
    return line === undefined ? frame : frame.replace(FRAME, `line ${line}`);
  });
  return { line: innermost, traceback: mapped };
}
