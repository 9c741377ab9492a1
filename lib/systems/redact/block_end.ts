/**
 * Finds the end of a PEM block byte by byte: past `-----END …-----`, or where a block must have been cut off.
 *
 * @module
 */

const END = "-----END";
const DASH = 45;
const DASHES = 5;
const LINE_FEED = 10;
/** Longest private key in use is a fifth of this. */
const LONGEST_BLOCK = 64 << 10;

/** Watches a block from the end of its first line's label on. */
export class BlockEnd {
  /** Characters of the end marker seen in a row. */
  #matched = 0;
  #dashes = 0;
  #isEnding = false;
  #bytes = 0;

  /** Takes the next byte; reports whether it is the last of the block. */
  isOver(byte: number): boolean {
    if (++this.#bytes > LONGEST_BLOCK) return true;
    if (this.#isEnding) {
      if (byte === LINE_FEED) return true;
      this.#dashes = byte === DASH ? this.#dashes + 1 : 0;
      return this.#dashes === DASHES;
    }
    if (byte === END.charCodeAt(this.#matched)) this.#matched++;
    else if (byte === DASH && this.#matched === DASHES) this.#matched = DASHES; // a longer row of dashes
    else this.#matched = byte === DASH ? 1 : 0;
    this.#isEnding = this.#matched === END.length;
    return false;
  }
}
