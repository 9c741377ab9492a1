/**
 * Titles that are a whole sentence: broken into balanced lines, and cut to a name for files.
 *
 * @module
 */
import { textWidth } from "../font.ts";

/** How text is set: size in pixels, and weight. */
export interface TextStyle {
  size: number;
  bold?: boolean;
}

/** A space at which a line may end: not the one between `80` and `%`, `5` and `ms`, `3.2` and `GB`. */
const BREAK = /(?<!\d)\s+|\s+(?!(?:%|[nµm]?s|min|h|[kMGTP]?i?B)(?![\w]))/;

/**
 * Breaks text at spaces into as few lines as fit the width (pixels), of about equal length.
 *
 * A single word that is wider than a line stays whole, and so does a number with its unit.
 */
export function wrapText(text: string, width: number, style: TextStyle): string[] {
  const words = text.trim().split(BREAK).map((word) => ({ word, width: widthOf(word, style) }));
  const space = widthOf(" ", style);
  const fewest = breakLines(words, width, space).length;
  // The narrowest column with as many lines has no lonely last word.
  let [narrow, wide] = [0, width];
  while (wide - narrow > 1) {
    const middle = (narrow + wide) / 2;
    if (breakLines(words, middle, space).length > fewest) narrow = middle;
    else wide = middle;
  }
  return breakLines(words, wide, space);
}

function widthOf(text: string, { size, bold }: TextStyle): number {
  return textWidth(text, size, bold);
}

function breakLines(
  words: { word: string; width: number }[],
  limit: number,
  space: number,
): string[] {
  const lines: string[] = [];
  let used = Infinity;
  for (const { word, width } of words) {
    if (used + space + width > limit) {
      lines.push(word);
      used = width;
    } else {
      lines[lines.length - 1] += ` ${word}`;
      used += space + width;
    }
  }
  return lines;
}

/** A kebab-case name of at most 60 characters, cut between words: `p99-doubles-past-80-load`. */
export function slugOf(title: string): string {
  const words = title.normalize("NFKD").replace(/[\u0300-\u036f'’]/g, "").toLowerCase()
    .match(/[a-z0-9]+/g) ?? [];
  let slug = "";
  for (const word of words) {
    if (slug.length + word.length + 1 > 60) break;
    slug += (slug && "-") + word;
  }
  return slug || "chart";
}
